import CNGHTTP2

/// What nghttp2 calls back into: gathers events while bytes are received, and leads frames to the sink
/// while they are sent. Each call comes from within one of `HTTP2Session`.
@safe final class HTTP2Inbox {
    var events: [HTTP2Event] = []
    var meter: FrameMeter
    /// Milliseconds.
    var time = 0
    /// What is being received; lent for the call.
    var input = unsafe UnsafeBufferPointer<UInt8>(start: nil, count: 0)
    /// Where frames go; only while they are sent.
    var sink: (any FrameSink)?
    /// The limit that was exceeded.
    private(set) var excess: Flood?
    /// The connection ends for a fault: nothing more is received.
    var isEnding = false
    private(set) var isInsideFields = false
    /// How many blocks of fields have begun.
    private(set) var fieldBlocks = 0

    private let fieldBytes: Int
    /// The fields that are being read; those of two messages never mix (RFC 9113, section 4.3).
    private var block = FieldBlock()
    /// Resets that were counted when they were decided, and may not have gone out yet.
    private var countedBefore = 0
    /// The stream that the client has just reset.
    private var resetByClient: Int32 = 0

    init(_ limits: HTTP2Limits) {
        meter = FrameMeter(limits)
        fieldBytes = limits.fieldBytes
    }

    /// The connection is to end for this; only the first counts.
    func exceeded(_ flood: Flood) {
        guard excess == nil else { return }
        excess = flood
        events.append(.flood(flood))
    }

    // MARK: Received

    func beganFields(_ frame: nghttp2_frame) {
        isInsideFields = true
        fieldBlocks &+= 1
        block = FieldBlock.roomy()
        if unsafe frame.headers.cat == NGHTTP2_HCAT_REQUEST { meter.opened() }
    }

    /// Whether the rest of the fields is still to be read.
    func field(_ name: Span<UInt8>, _ value: Span<UInt8>) -> Bool {
        block.take(name, value, limit: fieldBytes)
        // Indexed fields cost a client a byte each, and us the whole field (RFC 7541, section 7.3).
        guard block.size <= Self.mostDecoded * fieldBytes else {
            exceeded(.fields)
            return false
        }
        return true
    }

    func received(_ frame: nghttp2_frame) {
        let header = unsafe frame.hd
        let hasEnded = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
        switch UInt32(header.type) {
        case NGHTTP2_HEADERS.rawValue:
            let fields = takeBlock()
            if unsafe frame.headers.cat == NGHTTP2_HCAT_REQUEST {
                events.append(
                    .request(stream: header.stream_id, fields: fields, isWhole: hasEnded))
            } else {
                events.append(.trailers(stream: header.stream_id, fields: fields))
            }
        case NGHTTP2_DATA.rawValue:
            if hasEnded { events.append(.ended(stream: header.stream_id)) }
        case NGHTTP2_RST_STREAM.rawValue: resetByClient = header.stream_id
        case NGHTTP2_PING.rawValue:
            let isAnswer = header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0
            if isAnswer { events.append(.acknowledged) }
        default: break
        }
    }

    private func takeBlock() -> FieldBlock {
        var taken = FieldBlock()
        swap(&taken, &block)
        isInsideFields = false
        if taken.isTooLarge, let flood = meter.exceededFields() { exceeded(flood) }
        return taken
    }

    /// A frame that is refused with its stream, or with the connection; whether more of them are put up
    /// with.
    func refused(_ frame: nghttp2_frame, _ code: Int32) -> Bool {
        let header = unsafe frame.hd
        countReset()
        switch code {
        case NGHTTP2_ERR_REFUSED_STREAM.rawValue:
            events.append(.refused(stream: header.stream_id))
        case NGHTTP2_ERR_HTTP_HEADER.rawValue, NGHTTP2_ERR_HTTP_MESSAGING.rawValue:
            events.append(.malformed(stream: header.stream_id, fields: takeBlock()))
        default: break
        }
        return excess == nil
    }

    /// A stream is being reset by us. It counts now: a client that does not read never sees it sent.
    func countReset() {
        countedBefore += 1
        if let flood = meter.reset(at: time) { exceeded(flood) }
    }

    /// Whether the bytes lie where they must.
    func data(_ stream: Int32, _ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
        guard let base = unsafe input.baseAddress else { return false }
        let offset = unsafe start - base
        guard offset >= 0, unsafe offset + count <= input.count else { return false }
        events.append(.data(stream: stream, range: offset..<(offset + count)))
        return true
    }

    func closed(_ stream: Int32, _ code: UInt32) {
        let side: HTTP2Event.Side = stream == resetByClient ? .client : .us
        events.append(.closed(stream: stream, code: code, by: side))
    }

    // MARK: Sent

    func sent(_ frame: nghttp2_frame) {
        let header = unsafe frame.hd
        switch UInt32(header.type) {
        case NGHTTP2_DATA.rawValue:
            meter.sentData()
            noteEnd(header)
        case NGHTTP2_HEADERS.rawValue: noteEnd(header)
        case NGHTTP2_RST_STREAM.rawValue:
            if countedBefore > 0 {
                countedBefore -= 1
            } else if let flood = meter.reset(at: time) {
                exceeded(flood)
            }
        default: break
        }
    }

    private func noteEnd(_ header: nghttp2_frame_hd) {
        if header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0 {
            events.append(.answered(stream: header.stream_id))
        }
    }

    /// How many times the limit of fields is decoded, only to keep both sides' tables equal.
    private static let mostDecoded = 4
}
