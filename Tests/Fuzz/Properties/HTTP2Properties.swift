import HTTP2
import Transport

/// What stands before nghttp2, and what stands behind it.
enum HTTP2Properties {
    // MARK: Frames

    /// What a meter said of bytes: where the frame begins that is too much.
    private struct Excess: Equatable {
        let flood: Flood
        let offset: Int
    }

    /// The meter says the same however the bytes are cut, and what stands before a frame that is too
    /// much is not. A session takes the same bytes without harm, and keeps its promises about them.
    static func frames(_ bytes: [UInt8]) throws(Violation) {
        let input = preface + bytes
        var meter = FrameMeter(HTTP2Limits())
        let whole = excess(in: input[...], &meter)
        meter = FrameMeter(HTTP2Limits())
        var pieces: Flood?
        for index in input.indices where pieces == nil {
            pieces = excess(in: input[index...index], &meter)?.flood
        }
        try hold(whole?.flood == pieces, "\(String(describing: pieces)) byte by byte")
        if let whole {
            try hold(input.indices.contains(whole.offset), "too much at \(whole.offset)")
            meter = FrameMeter(HTTP2Limits())
            try hold(excess(in: input[..<whole.offset], &meter) == nil, "too much before that")
        }
        try session(input)
    }

    private static func excess(in bytes: ArraySlice<UInt8>, _ meter: inout FrameMeter) -> Excess? {
        switch meter.admit(bytes.span, at: 0) {
        case .all: nil
        case .flood(let flood, before: let offset): Excess(flood: flood, offset: offset)
        }
    }

    private static func session(_ bytes: [UInt8]) throws(Violation) {
        let limits = HTTP2Limits()
        guard let session = try? HTTP2Session(limits) else { return }
        var requests: Set<Int32> = []
        for start in stride(from: 0, to: bytes.count, by: 256) {
            let piece = bytes[start..<min(start + 256, bytes.count)]
            session.receive(piece.span, at: 0)
            for event in session.takeEvents() {
                switch event {
                case .request(let stream, let fields, _):
                    try hold(requests.insert(stream).inserted, "a stream twice")
                    let end = fields.fields.last?.value.upperBound ?? 0
                    try hold(end == fields.bytes.count, "bytes that belong to no field")
                case .data(let stream, let range):
                    try hold(requests.contains(stream), "a body without a request")
                    try hold(range.upperBound <= piece.count, "a body beyond what came")
                case .trailers(let stream, _), .ended(let stream):
                    try hold(requests.contains(stream), "the end of no request")
                case .closed, .malformed, .refused, .answered, .acknowledged, .flood: break
                }
            }
            // Of 256 bytes come 28 frames, each of which is answered by one at most, and GOAWAY.
            try hold(session.queued <= limits.queued + 32, "\(session.queued) frames wait")
        }
    }

    private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    // MARK: Requests

    /// A request that is accepted can be written for HTTP/1, and is the same one there. A field is a
    /// line: its name, a space, its value; an empty line at the end says that a body follows.
    static func request(_ bytes: [UInt8]) throws(Violation) {
        var block = FieldBlock()
        var isWhole = true
        for line in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            isWhole = !line.isEmpty
            guard isWhole else { continue }
            let name = line.prefix { $0 != 0x20 }
            let value = line.dropFirst(name.count + 1)
            block.add(name.span, value.span)
        }
        var reader = HTTP2RequestReader(limits: .request)
        let head: RequestHead
        do { head = try reader.read(block, isWhole: isWhole) } catch { return }
        try hold((head.body == .none) == isWhole || head.body == .length(0), "another end")
        try HeadProperties.forward(head, .reverseProxy)
    }
}
