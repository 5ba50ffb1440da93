/// Builds the head of a request or an answer as bytes: what may be copied is copied from a head
/// that was parsed, everything else is added by us.
///
/// Never copied: fields that end at the next hop, those a `Connection` field names, those that
/// frame the message or name the host, and, from requests, the reserved ones (`X-Forwarded-*`,
/// `X-OCM-*`, …). Framing is written from what was parsed, not from what was sent. A value of ours
/// that holds CR, LF, NUL or another control character is refused.
package struct HeadWriter: Sendable {
    /// A name or a value that cannot stand in a head.
    package struct InvalidField: Error, Sendable, Equatable {
        package let name: String
    }

    /// Fields of ours that stand in many heads, written once.
    package struct Lines: Sendable {
        fileprivate let bytes: [UInt8]

        package init(_ fields: [(FieldName, String)]) throws(InvalidField) {
            var writer = HeadWriter()
            for (name, value) in fields { try writer.add(name, value) }
            bytes = writer.output
        }
    }

    private var output: [UInt8] = []

    package init(reserving capacity: Int = 1024) {
        output.reserveCapacity(capacity)
    }

    /// Begins a request: `target` in visible ASCII without `#`, always as HTTP/1.1.
    package mutating func requestLine(_ method: Method, _ target: [UInt8]) throws(InvalidField) {
        guard !target.isEmpty, target.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x23 }) else {
            throw InvalidField(name: ":path")
        }
        output.append(contentsOf: method.rawValue.utf8)
        output.append(0x20)
        output.append(contentsOf: target)
        output.append(contentsOf: Self.requestLineEnd)
    }

    /// Begins an answer, always as HTTP/1.1; the reason phrase is the usual one for the status.
    package mutating func statusLine(_ status: Int) {
        output.append(contentsOf: Self.statusLineStart)
        let code = min(max(status, 100), 599)
        for digit in [code / 100, code / 10 % 10, code % 10] {
            output.append(0x30 + UInt8(truncatingIfNeeded: digit))
        }
        output.append(0x20)
        output.append(contentsOf: ReasonPhrase.of(code).utf8)
        endLine()
    }

    /// Copies the end-to-end fields of a request except `names`, in their order.
    package mutating func copyFields(of head: RequestHead, except names: [FieldName] = []) {
        copy(head.fields, except: names, reserved: .drop)
    }

    /// Copies the end-to-end fields of an answer except `names`, in their order; when `only` is
    /// given, of those alone.
    package mutating func copyFields(
        of head: ResponseHead, only: [FieldName]? = nil, except names: [FieldName] = []
    ) {
        copy(head.fields, only: only, except: names, reserved: .keep)
    }

    /// Adds a field; an empty value is allowed.
    package mutating func add(_ name: FieldName, _ value: String) throws(InvalidField) {
        appendName(name)
        try append(value, of: name)
        endLine()
    }

    /// Adds a field whose value comes in three pieces.
    package mutating func add(
        _ name: FieldName, _ start: String, _ middle: String, _ end: String
    ) throws(InvalidField) {
        appendName(name)
        try append(start, of: name)
        try append(middle, of: name)
        try append(end, of: name)
        endLine()
    }

    private mutating func append(_ value: String, of name: FieldName) throws(InvalidField) {
        let bytes = value.utf8.span
        for index in bytes.indices where !Self.isFieldByte(bytes[index]) {
            throw InvalidField(name: name.description)
        }
        output.append(contentsOf: value.utf8)
    }

    /// Adds a field whose value was taken off the wire, or made of bytes.
    package mutating func add(_ name: FieldName, _ value: ArraySlice<UInt8>) throws(InvalidField) {
        for byte in value where !Self.isFieldByte(byte) {
            throw InvalidField(name: name.description)
        }
        appendName(name)
        output.append(contentsOf: value)
        endLine()
    }

    /// Adds fields that were written before.
    package mutating func add(_ lines: Lines) { output.append(contentsOf: lines.bytes) }

    /// Adds a field with a number.
    package mutating func add(_ name: FieldName, _ value: Int) {
        appendName(name)
        output.append(contentsOf: String(value).utf8)
        endLine()
    }

    /// Adds the field that frames a request's body.
    package mutating func frame(_ body: BodyFraming) {
        switch body {
        case .none: break
        case .length(let length): add(.contentLength, length)
        case .chunked: output.append(contentsOf: Self.chunkedLine)
        }
    }

    /// Ends the head with its empty line and gives its bytes; body bytes may follow.
    package consuming func finish() -> [UInt8] {
        endLine()
        return output
    }

    /// Whether reserved fields are copied.
    private enum Reserved { case keep, drop }

    private mutating func copy(
        _ fields: FieldList, only: [FieldName]? = nil, except names: [FieldName],
        reserved: Reserved
    ) {
        // Lines that stand together as they are to go out are copied together.
        var run = 0..<0
        for entry in fields.entries where !entry.isNominated {
            switch entry.kind {
            case .plain, .protected: break
            case .reserved: if reserved == .drop { continue }
            case .hopByHop, .host, .contentLength, .transferEncoding, .connection, .expect:
                continue
            }
            if names.contains(where: { fields.matches(entry, $0) }) { continue }
            if let only, !only.contains(where: { fields.matches(entry, $0) }) { continue }
            guard let line = fields.plainLine(entry) else {
                output.append(contentsOf: fields.bytes[run])
                run = 0..<0
                output.append(contentsOf: fields.bytes[entry.name])
                output.append(0x3A)
                output.append(0x20)
                output.append(contentsOf: fields.bytes[entry.value])
                endLine()
                continue
            }
            if line.lowerBound == run.upperBound {
                run = run.lowerBound..<line.upperBound
            } else {
                output.append(contentsOf: fields.bytes[run])
                run = line
            }
        }
        output.append(contentsOf: fields.bytes[run])
    }

    /// Everything but control characters; HTAB is none here (RFC 9110, section 5.5).
    private static func isFieldByte(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != 0x7F || byte == 0x09
    }

    private mutating func appendName(_ name: FieldName) {
        output.append(contentsOf: name.bytes)
        output.append(0x3A)
        output.append(0x20)
    }

    private mutating func endLine() {
        output.append(0x0D)
        output.append(0x0A)
    }

    private static let requestLineEnd = Array(" HTTP/1.1\r\n".utf8)
    private static let statusLineStart = Array("HTTP/1.1 ".utf8)
    private static let chunkedLine = Array("transfer-encoding: chunked\r\n".utf8)
}
