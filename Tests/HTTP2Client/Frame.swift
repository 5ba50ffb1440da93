/// A frame of HTTP/2 as it is on the wire (RFC 9113, section 4.1), good or bad.
package struct Frame: Sendable, Equatable {
    package var kind: UInt8
    package var flags: UInt8
    package var stream: UInt32
    package var payload: [UInt8]

    package init(_ kind: Kind, _ flags: Flag..., stream: UInt32 = 0, payload: [UInt8] = []) {
        self.kind = kind.rawValue
        self.flags = flags.reduce(0) { $0 | $1.rawValue }
        self.stream = stream
        self.payload = payload
    }

    package init(kind: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8]) {
        self.kind = kind
        self.flags = flags
        self.stream = stream
        self.payload = payload
    }

    package enum Kind: UInt8, Sendable {
        case data = 0
        case headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate
        case continuation
        case priorityUpdate = 0x10
        case unknown = 0xBB
    }

    package enum Flag: UInt8, Sendable {
        case endStream = 0x1
        case endHeaders = 0x4
        case padded = 0x8
    }

    package static let acknowledgement = Flag.endStream

    package func has(_ flag: Flag) -> Bool { flags & flag.rawValue != 0 }

    package var bytes: [UInt8] {
        let count = payload.count
        let length: [UInt8] = [
            UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF),
        ]
        return length + [kind, flags] + Self.number(stream) + payload
    }

    /// Four bytes.
    package static func number(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(value >> $0 & 0xFF) }
    }

    /// The number in four bytes of the payload.
    package func number(at index: Int) -> UInt32 {
        payload[index..<index + 4].reduce(0) { $0 << 8 | UInt32($1) }
    }

    // MARK: What clients say

    package static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    /// The preface and an empty SETTINGS.
    package static let greeting = preface + Frame(.settings).bytes

    package static func settings(_ values: [(UInt16, UInt32)]) -> Frame {
        Frame(
            .settings,
            payload: values.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] + number($1) })
    }

    package static func ping(_ text: String = "8 bytes!") -> Frame {
        Frame(.ping, payload: Array(text.utf8))
    }

    package static func window(_ count: UInt32, stream: UInt32 = 0) -> Frame {
        Frame(.windowUpdate, stream: stream, payload: number(count))
    }

    package static func reset(_ stream: UInt32, code: UInt32 = 8) -> Frame {
        Frame(.reset, stream: stream, payload: number(code))
    }

    package static func data(
        _ stream: UInt32, _ payload: [UInt8], isLast: Bool = false
    ) -> Frame {
        Frame(
            kind: Kind.data.rawValue, flags: isLast ? Flag.endStream.rawValue : 0, stream: stream,
            payload: payload)
    }

    /// HEADERS with all the fields; with `isWhole`, no body follows.
    package static func headers(
        _ stream: UInt32, _ fields: [(String, String)], isWhole: Bool = true
    ) -> Frame {
        Frame(
            kind: Kind.headers.rawValue,
            flags: Flag.endHeaders.rawValue | (isWhole ? Flag.endStream.rawValue : 0),
            stream: stream, payload: literals(fields))
    }

    /// The fields of an ordinary request, and others behind them.
    package static func request(
        _ method: String = "GET", _ path: String = "/", _ more: [(String, String)] = [],
        authority: String? = "cloud.example", scheme: String = "https"
    ) -> [(String, String)] {
        [(":method", method), (":scheme", scheme), (":path", path)]
            + (authority.map { [(":authority", $0)] } ?? []) + more
    }

    /// Literal fields that are not indexed and not compressed (RFC 7541, section 6.2.2).
    package static func literals(_ fields: [(String, String)]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in fields {
            bytes.append(0x00)
            for text in [name, value] {
                bytes += integer(text.utf8.count)
                bytes += Array(text.utf8)
            }
        }
        return bytes
    }

    /// With a prefix of seven bits (RFC 7541, section 5.1).
    private static func integer(_ value: Int) -> [UInt8] {
        guard value >= 127 else { return [UInt8(value)] }
        var bytes: [UInt8] = [127]
        var rest = value - 127
        while rest >= 128 {
            bytes.append(UInt8(rest & 0x7F | 0x80))
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
    }
}

extension [Frame] {
    /// Those of one kind, in their order.
    package func only(_ kind: Frame.Kind) -> [Frame] { filter { $0.kind == kind.rawValue } }

    /// The code of the last GOAWAY.
    package var goAway: UInt32? { only(.goAway).last?.number(at: 4) }

    /// The code of the RST_STREAM for a stream.
    package func reset(_ stream: UInt32) -> UInt32? {
        only(.reset).last { $0.stream == stream }?.number(at: 0)
    }
}
