import HTTP2
import HTTP2Client

/// A server's session, what it has said, and bodies for its answers.
final class ServerInMemory: FrameSink {
    let session: HTTP2Session
    let reader = FrameReader()
    var events: [HTTP2Event] = []
    var bodies: [Int32: (bytes: [UInt8], isLast: Bool)] = [:]
    /// How much goes out at once.
    var room = 1 << 20
    var time = 0
    private var outbound: [UInt8] = []

    init(_ limits: HTTP2Limits = HTTP2Limits(), greeted: Bool = true) throws {
        session = try HTTP2Session(limits)
        if greeted { _ = receive(Frame.greeting) }
    }

    /// The frames that answer these bytes.
    @discardableResult
    func receive(_ bytes: [UInt8]) -> [Frame] {
        session.receive(bytes.span, at: time)
        events += session.takeEvents()
        return flush()
    }

    @discardableResult
    func receive(_ frames: Frame...) -> [Frame] { receive(frames.flatMap(\.bytes)) }

    @discardableResult
    func flush() -> [Frame] {
        outbound = []
        session.flush(to: self)
        events += session.takeEvents()
        return reader.read(outbound)
    }

    /// The limits that were exceeded.
    var floods: [Flood] {
        events.compactMap { if case .flood(let flood) = $0 { flood } else { nil } }
    }

    // MARK: FrameSink

    var isFull: Bool { outbound.count >= room }

    func append(_ frame: RawSpan) {
        for index in frame.byteOffsets { outbound.append(frame.unsafeLoad(at: index)) }
    }

    func waiting(of stream: Int32) -> (count: Int, isLast: Bool) {
        bodies[stream].map { ($0.bytes.count, $0.isLast) } ?? (0, false)
    }

    func appendBody(of stream: Int32, _ count: Int) {
        outbound += bodies[stream]?.bytes.prefix(count) ?? []
        bodies[stream]?.bytes.removeFirst(count)
    }
}

extension RawSpan {
    fileprivate func unsafeLoad(at index: Int) -> UInt8 {
        unsafe unsafeLoad(fromByteOffset: index, as: UInt8.self)
    }
}

extension FieldBlock {
    /// As text, a line each.
    var lines: [String] {
        fields.map {
            String(decoding: name($0), as: UTF8.self) + " "
                + String(decoding: value($0), as: UTF8.self)
        }
    }

    init(_ pairs: [(String, String)]) {
        self.init()
        for (name, value) in pairs { add(name.utf8.span, value.utf8.span) }
    }
}
