/// Changes the body of an answer on its way from an upstream to the client, as it streams.
///
/// Made for one answer and used on one event loop. The bytes come without their chunked coding and
/// cut anywhere; a content coding is still on them. The answer loses its `Content-Length` and goes
/// out chunked; back-pressure stays what it is, so a transform keeps back no more than it must.
package protocol BodyTransform: Sendable {
    /// What is to be sent for these bytes; may be nothing yet.
    mutating func push(_ bytes: Span<UInt8>) throws(BodyTransformFailure) -> [UInt8]

    /// The body is whole: what was kept back.
    mutating func finish() throws(BodyTransformFailure) -> [UInt8]
}

/// A body that cannot be changed as it must be: the answer is cut off, so that nobody takes what
/// was sent for the whole.
package struct BodyTransformFailure: Error, Sendable, Equatable {
    package init() {}
}
