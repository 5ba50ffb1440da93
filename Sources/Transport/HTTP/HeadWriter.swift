package import OpenSSL

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

    /// What is written so far.
    var bytes: [UInt8] { output }

    package init(reserving capacity: Int = 1024) {
        output.reserveCapacity(capacity)
    }

    /// Begins a request: `target` in visible ASCII without `#`, always as HTTP/1.1.
    package mutating func requestLine(_ method: Method, _ target: [UInt8]) throws(InvalidField) {
        try requestLine(method, target.span, query: nil)
    }

    /// Begins a request whose target comes in two pieces; of a query that is not nil the `?` is missing.
    package mutating func requestLine(
        _ method: Method, path: String, query: ArraySlice<UInt8>?
    ) throws(InvalidField) {
        try requestLine(method, path.utf8.span, query: query)
    }

    private mutating func requestLine(
        _ method: Method, _ path: Span<UInt8>, query: ArraySlice<UInt8>?
    ) throws(InvalidField) {
        output.append(utf8: method.rawValue)
        output.append(0x20)
        let start = output.count
        output.append(copying: path)
        if let query {
            output.append(0x3F)
            output.append(contentsOf: query)
        }
        guard Self.isTarget(output.span.extracting(start...)) else {
            throw InvalidField(name: ":path")
        }
        output.append(contentsOf: Self.requestLineEnd)
    }

    private static func isTarget(_ bytes: Span<UInt8>) -> Bool {
        for index in bytes.indices {
            let byte = bytes[index]
            guard byte > 0x20, byte < 0x7F, byte != 0x23 else { return false }
        }
        return !bytes.isEmpty
    }

    /// Begins an answer, always as HTTP/1.1; the reason phrase is the usual one for the status.
    package mutating func statusLine(_ status: Int) {
        output.append(contentsOf: Self.statusLines[min(max(status, 100), 599) - 100])
    }

    /// Copies the end-to-end fields of a request except `names`, in their order.
    package mutating func copyFields(of head: RequestHead, except names: [FieldName] = []) {
        copy(head.fields, except: names, reserved: .drop)
    }

    /// Copies the end-to-end fields of an answer except `names`, in their order; when `only` is
    /// given, of those alone.
    package mutating func copyFields(
        of head: ResponseHead, only: FieldSet? = nil, except names: [FieldName] = []
    ) {
        copy(head.fields, only: only, except: names, reserved: .keep)
    }

    /// Adds a field; an empty value is allowed.
    package mutating func add(_ name: FieldName, _ value: String) throws(InvalidField) {
        appendName(name)
        try append(value, of: name)
        endLine()
    }

    /// Adds a field that is a secret.
    package mutating func add(_ name: FieldName, _ value: Secret) throws(InvalidField) {
        appendName(name)
        try value.withBytes { (bytes) throws(InvalidField) in try append(bytes, of: name) }
        endLine()
    }

    private mutating func append(_ value: String, of name: FieldName) throws(InvalidField) {
        try append(value.utf8.span, of: name)
    }

    private mutating func append(
        _ bytes: Span<UInt8>, of name: FieldName
    ) throws(InvalidField) {
        for index in bytes.indices where !Self.isFieldByte(bytes[index]) {
            throw InvalidField(name: name.description)
        }
        output.append(copying: bytes)
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
        output.append(decimal: value)
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

    /// What is missing of a request's head: the field that frames its body, and the empty line.
    static func end(_ body: BodyFraming) -> [UInt8] {
        switch body {
        case .none: return emptyLine
        case .length, .chunked:
            var writer = HeadWriter(reserving: 64)
            writer.frame(body)
            return writer.finish()
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
        _ fields: FieldList, only: FieldSet? = nil, except names: [FieldName],
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
            if let only, !only.holds(entry, of: fields) { continue }
            if names.contains(where: { fields.matches(entry, $0) }) { continue }
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
    private static let emptyLine = Array("\r\n".utf8)
    private static let statusLines = (100...599).map {
        Array("HTTP/1.1 \($0) \(ReasonPhrase.of($0))\r\n".utf8)
    }
    private static let chunkedLine = Array("transfer-encoding: chunked\r\n".utf8)
}
