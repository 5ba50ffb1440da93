import OpenSSL

/// One HTTP/1 message as a file holds it: head, empty line, body.
///
/// Lines of the head end in CRLF or in LF, all alike. The body is the rest of the file as it is.
package struct RawMessage: Sendable {
    package let message: SignedMessage
    package let body: [UInt8]
    private let head: [UInt8]

    /// Reads a message; `origin` is the public origin, without it `https://` and the `Host`.
    ///
    /// Refuses folded lines, control bytes, malformed names, `Transfer-Encoding`, a
    /// `Content-Length` that the body does not have, and requests without an origin or `Host`.
    package init(_ bytes: [UInt8], origin: Origin? = nil) throws(RawMessageError) {
        var lines = HeadLines(bytes)
        guard let start = try lines.next(), !start.isEmpty else {
            throw RawMessageError(.startLine, line: 1)
        }
        var fields: [SignedMessage.Field] = []
        var isEnded = false
        while let line = try lines.next() {
            if line.isEmpty {
                isEnded = true
                break
            }
            fields.append(try Self.field(line, number: lines.number))
        }
        guard isEnded else { throw RawMessageError(.unendedHead, line: lines.number) }
        head = Array(bytes[..<lines.headEnd])
        body = Array(bytes[lines.position...])
        try Self.checkFraming(fields, body: body)
        message = try Self.message(String(decoding: start, as: UTF8.self), fields, origin: origin)
    }

    /// The message with fields added behind its own, lines ended by CRLF.
    package func adding(_ fields: [(name: String, value: String)]) -> [UInt8] {
        var output: [UInt8] = []
        for byte in head where byte != UInt8(ascii: "\r") {
            if byte == UInt8(ascii: "\n") { output.append(UInt8(ascii: "\r")) }
            output.append(byte)
        }
        for (name, value) in fields {
            output.append(contentsOf: "\(name): \(value)\r\n".utf8)
        }
        output.append(contentsOf: "\r\n".utf8)
        return output + body
    }

    private static func field(
        _ line: ArraySlice<UInt8>, number: Int
    ) throws(RawMessageError) -> SignedMessage.Field {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
            line[..<colon].allSatisfy(\.isFieldNameByte)
        else { throw RawMessageError(.fieldName, line: number) }
        let value = Array(line[(colon + 1)...])
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }) else {
            throw RawMessageError(.fieldValue, line: number)
        }
        let name = String(decoding: line[..<colon].map(\.asciiLowercased), as: UTF8.self)
        return SignedMessage.Field(name, Array(value[value.trimmed]))
    }

    private static func checkFraming(
        _ fields: [SignedMessage.Field], body: [UInt8]
    ) throws(RawMessageError) {
        guard !fields.contains(where: { $0.name == "transfer-encoding" }) else {
            throw RawMessageError(.transferEncoding, line: nil)
        }
        for field in fields where field.name == "content-length" {
            guard field.value.allSatisfy(\.isDigit),
                Int(String(decoding: field.value, as: UTF8.self)) == body.count
            else { throw RawMessageError(.contentLength(body.count), line: nil) }
        }
    }

    private static func message(
        _ start: String, _ fields: [SignedMessage.Field], origin: Origin?
    ) throws(RawMessageError) -> SignedMessage {
        let parts = start.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        if start.hasPrefix("HTTP/1.") {
            guard parts.count >= 2, parts[1].utf8.count == 3, let status = Int(parts[1]),
                (100...999).contains(status)
            else { throw RawMessageError(.startLine, line: 1) }
            return SignedMessage(status: status, fields: fields)
        }
        guard parts.count == 3, parts[2] == "HTTP/1.1" || parts[2] == "HTTP/1.0" else {
            throw RawMessageError(.startLine, line: 1)
        }
        let hosts = fields.filter { $0.name == "host" }
        let host = hosts.count == 1 ? String(decoding: hosts[0].value, as: UTF8.self) : ""
        guard let origin = origin ?? Origin(scheme: "https", authority: host) else {
            throw RawMessageError(.host, line: nil)
        }
        guard
            let message = SignedMessage(
                method: String(parts[0]), target: String(parts[1]), origin: origin, fields: fields)
        else { throw RawMessageError(.startLine, line: 1) }
        return message
    }
}

/// Cuts a head into lines; all end alike.
private struct HeadLines {
    let bytes: [UInt8]
    private(set) var position = 0
    private(set) var number = 0
    /// Where the empty line starts, once it was read.
    private(set) var headEnd = 0
    private var endsInCRLF: Bool?

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next line without its end; nil when no whole line is left.
    mutating func next() throws(RawMessageError) -> ArraySlice<UInt8>? {
        guard let feed = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        number += 1
        let hasReturn = feed > position && bytes[feed - 1] == UInt8(ascii: "\r")
        guard (endsInCRLF ?? hasReturn) == hasReturn else {
            throw RawMessageError(.mixedLineEnds, line: number)
        }
        endsInCRLF = hasReturn
        let line = bytes[position..<(hasReturn ? feed - 1 : feed)]
        if let first = line.first, number > 1, first == 0x20 || first == 0x09 {
            throw RawMessageError(.foldedLine, line: number)
        }
        guard !line.contains(UInt8(ascii: "\r")), !line.contains(0) else {
            throw RawMessageError(.controlByte, line: number)
        }
        headEnd = position
        position = feed + 1
        return line
    }
}

/// Why a file is no HTTP message, and what would make it one.
package struct RawMessageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with the text.
    package enum Reason: Sendable, Equatable {
        case startLine, unendedHead, fieldName, fieldValue, foldedLine, mixedLineEnds
        case controlByte, transferEncoding, host
        /// The bytes that the body has.
        case contentLength(Int)
    }

    package let reason: Reason
    /// Counted from 1; nil when it is about the whole message.
    package let line: Int?

    init(_ reason: Reason, line: Int?) {
        self.reason = reason
        self.line = line
    }

    package var description: String {
        let text =
            switch reason {
            case .startLine:
                "start with \"POST /path HTTP/1.1\" or \"HTTP/1.1 200 OK\", single spaces between"
            case .unendedHead: "end the head with an empty line"
            case .fieldName: "write a field as \"Name: value\", no space before the colon"
            case .fieldValue: "remove the control byte from the field's value"
            case .foldedLine: "write the field on one line; folded lines are not HTTP any more"
            case .mixedLineEnds: "end all lines of the head in CRLF, or all in LF"
            case .controlByte: "remove the CR or NUL inside the line"
            case .transferEncoding:
                "write the body as it is and remove Transfer-Encoding"
            case .host: "give the public origin, or exactly one valid Host field"
            case .contentLength(let count):
                "Content-Length must be \(count), the body's bytes (an editor may have added a "
                    + "line end to the file)"
            }
        guard let line else { return text }
        return "line \(line): \(text)"
    }
}
