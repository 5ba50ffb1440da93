/// What the fields of a head say about its framing and its connection, gathered in one pass.
struct FramingFields {
    var contentLength: Int?
    var isChunked = false
    var host: Range<Int>?
    var expectation = RequestHead.Expectation.none
    var saysClose = false
    var saysKeepAlive = false

    /// Reads and judges the fields that frame the message, and marks those that a `Connection`
    /// field nominates.
    ///
    /// Refused: `Content-Length` twice, in a list, or not 1 to 19 digits of a number below 2^63;
    /// `Transfer-Encoding` twice, on HTTP/1.0, or other than exactly `chunked`; both together
    /// (RFC 9112, section 6.3, without its leave to mend); `Host` twice; an expectation other than
    /// `100-continue`; a `Connection` option that is no token, or that names a field which decides
    /// something end to end; in a request a field that says it has another method.
    ///
    /// - Parameter method: of the request; nil for an answer.
    init(
        _ head: Span<UInt8>, _ entries: inout [FieldList.Entry], version: HTTPVersion,
        method: Method? = nil
    ) throws(RequestFailure) {
        var sawCoding = false
        var nominates = false
        for entry in entries {
            switch entry.kind {
            case .plain, .protected, .hopByHop: break
            case .reserved:
                if let method { try Self.refuseOverride(head, entry, method) }
            case .host:
                guard host == nil else { throw .hostRepeated }
                host = entry.value
            case .contentLength:
                guard contentLength == nil else { throw .contentLengthRepeated }
                guard !Self.tabFollows(head, entry) else { throw .contentLength }
                contentLength = try Self.length(head.extracting(entry.value))
            case .transferEncoding:
                guard !sawCoding else { throw .transferCodingRepeated }
                guard !Self.tabFollows(head, entry) else { throw .transferCoding }
                sawCoding = true
                isChunked = try Self.coding(head.extracting(entry.value))
            case .connection: nominates = true
            case .expect:
                // A 1.0 client cannot wait for an interim answer (RFC 9110, section 10.1.1).
                guard expectation == .none,
                    head.extracting(entry.value).equalsIgnoringCase(Self.continueBytes)
                else { throw .expectation }
                if version != .http10 { expectation = .continue100 }
            }
        }
        if sawCoding, contentLength != nil { throw .lengthAndCoding }
        if sawCoding, version == .http10 { throw .transferCodingVersion }
        if nominates { try readConnection(head, &entries) }
    }

    /// The field goes no further: without it the request would be another one than its sender meant.
    private static func refuseOverride(
        _ head: Span<UInt8>, _ entry: FieldList.Entry, _ method: Method
    ) throws(RequestFailure) {
        guard FieldKind.overridesMethod(head.extracting(entry.name)), !entry.value.isEmpty else {
            return
        }
        let named = head.extracting(entry.value)
        guard named.equalsIgnoringCase(Array(method.rawValue.lowercased().utf8)) else {
            throw .methodOverride
        }
    }

    /// Whether a tab stands behind a value: whitespace like any other in the grammar, but other
    /// parsers refuse it in fields that frame.
    private static func tabFollows(_ head: Span<UInt8>, _ entry: FieldList.Entry) -> Bool {
        var index = entry.value.upperBound
        while index < head.count, head[index] == 0x20 { index += 1 }
        return index < head.count && head[index] == 0x09
    }

    /// 1 to 19 digits, below 2^63.
    static func length(_ text: Span<UInt8>) throws(RequestFailure) -> Int {
        guard text.count >= 1, text.count <= 19 else { throw .contentLength }
        var value = 0
        for index in text.indices {
            guard Octet.isDigit(text[index]) else { throw .contentLength }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(Int(text[index] & 0x0F))
            if overflow || carry { throw .contentLength }
            value = sum
        }
        return value
    }

    /// True for `chunked`; another single token is a coding we do not have (501), anything else
    /// is malformed.
    private static func coding(_ text: Span<UInt8>) throws(RequestFailure) -> Bool {
        if text.equalsIgnoringCase(chunkedBytes) { return true }
        guard !text.isEmpty else { throw .transferCoding }
        for index in text.indices where !Octet.isToken(text[index]) { throw .transferCoding }
        throw .transferCodingUnknown
    }

    private mutating func readConnection(
        _ head: Span<UInt8>, _ entries: inout [FieldList.Entry]
    ) throws(RequestFailure) {
        for position in entries.indices where entries[position].kind == .connection {
            let value = entries[position].value
            var index = value.lowerBound
            while index < value.upperBound {
                let start = index
                while index < value.upperBound, Octet.isToken(head[index]) { index += 1 }
                let option = start..<index
                while index < value.upperBound, head[index] == 0x20 || head[index] == 0x09 {
                    index += 1
                }
                if index < value.upperBound {
                    guard head[index] == 0x2C else { throw .connectionOption }
                    index += 1
                    while index < value.upperBound, head[index] == 0x20 || head[index] == 0x09 {
                        index += 1
                    }
                }
                // An empty list member means nothing (RFC 9110, section 5.6.1).
                if !option.isEmpty { try nominate(head, option, &entries) }
            }
        }
    }

    private mutating func nominate(
        _ head: Span<UInt8>, _ option: Range<Int>, _ entries: inout [FieldList.Entry]
    ) throws(RequestFailure) {
        let name = head.extracting(option)
        if name.equalsIgnoringCase(Self.closeBytes) {
            saysClose = true
            return
        }
        if name.equalsIgnoringCase(Self.keepAliveBytes) {
            saysKeepAlive = true
            return
        }
        let hash = FieldName.hash(name)
        switch FieldKind.of(name, hash: hash) {
        case .hopByHop: return
        case .protected, .reserved, .host, .contentLength, .transferEncoding, .connection, .expect:
            throw .connectionNomination
        case .plain: break
        }
        for index in entries.indices where entries[index].hash == hash {
            let other = head.extracting(entries[index].name)
            guard other.count == name.count else { continue }
            var same = true
            for offset in name.indices
            where Octet.lowered(name[offset]) != Octet.lowered(other[offset]) {
                same = false
            }
            if same { entries[index].isNominated = true }
        }
    }

    private static let chunkedBytes = Array("chunked".utf8)
    private static let continueBytes = Array("100-continue".utf8)
    private static let closeBytes = Array("close".utf8)
    private static let keepAliveBytes = Array("keep-alive".utf8)
}
