/// What came of the bytes of a client.
package enum HTTP2Event: Sendable {
    /// The fields of a request. It kept the rules of RFC 9113, section 8, that nghttp2 looks at; with
    /// `isWhole` it has no body.
    case request(stream: Int32, fields: FieldBlock, isWhole: Bool)
    /// Bytes of a body: this range of those that were given to `receive`. They count against the
    /// windows until they are `consume`d.
    case data(stream: Int32, range: Range<Int>)
    /// The fields behind a body, which is whole with them.
    case trailers(stream: Int32, fields: FieldBlock)
    /// The body is whole.
    case ended(stream: Int32)
    /// A message broke a rule: the stream is being reset. `fields` are those that came before.
    case malformed(stream: Int32, fields: FieldBlock)
    /// One stream more than there may be: it is being refused.
    case refused(stream: Int32)
    /// Our answer has gone out whole; the client may still be sending its request.
    case answered(stream: Int32)
    /// The client has seen what was sent before the last `announceEnd`.
    case acknowledged
    /// Nothing comes on this stream any more, and nothing can be sent.
    case closed(stream: Int32, code: UInt32, by: Side)
    /// A limit was exceeded: the connection is ending.
    case flood(Flood)

    /// Who closed a stream before its time.
    package enum Side: Sendable, Equatable { case client, us }
}

/// Why a stream or a connection ends (RFC 9113, section 7), as far as we say so.
package enum HTTP2Code: UInt32, Sendable {
    case noError = 0x0
    case protocolError = 0x1
    case internalError = 0x2
    case cancel = 0x8
    case enhanceYourCalm = 0xb
}

/// Where the frames for a client go.
package protocol FrameSink: AnyObject {
    /// There is as much as should be sent at once.
    var isFull: Bool { get }
    /// A whole frame, or the head of one with a body.
    func append(_ frame: RawSpan)
    /// How many bytes of an answer's body wait, and whether it is whole with them.
    func waiting(of stream: Int32) -> (count: Int, isLast: Bool)
    /// Moves `count` of these bytes behind the frame's head that was just appended.
    func appendBody(of stream: Int32, _ count: Int)
}
