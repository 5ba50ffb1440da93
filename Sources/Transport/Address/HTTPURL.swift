import OpenSSL

/// An absolute `http` or `https` URL that can be fetched: what policy judges and what is dialled
/// come from this one reading of it.
///
/// Strict RFC 3986: refused are other schemes, user information, fragments, backslashes, spaces,
/// tabs, line ends and all else that a URL may not hold, broken escapes, and every host that
/// `Authority` refuses. Two URLs of the same origin have equal `origin`s.
package struct HTTPURL: Sendable, Hashable, CustomStringConvertible {
    package let scheme: Scheme
    /// In canonical spelling, without the scheme's own port.
    package let authority: Authority
    /// As it was written, at least `/`.
    package let path: String
    /// As it was written, without `?`; nil when there was none.
    package let query: String?

    package init(_ text: String) throws(AddressFailure) {
        let bytes = Array(text.utf8)
        try self.init(bytes.span)
    }

    package init(_ text: Span<UInt8>) throws(AddressFailure) {
        guard !text.isEmpty else { throw .empty }
        guard text.count <= Self.longest else { throw .tooLong }
        for index in text.indices {
            let byte = text[index]
            if byte >= 0x80 { throw .nonASCII }
            if byte == 0x23 { throw .fragment }
            if byte <= 0x20 || byte == 0x7F || byte == 0x5C { throw .character }
        }
        var colon = 0
        while colon < text.count, text[colon] != 0x3A { colon += 1 }
        guard colon + 2 < text.count, let scheme = Scheme(text.extracting(0..<colon)),
            text[colon + 1] == 0x2F, text[colon + 2] == 0x2F
        else { throw .scheme }
        let start = colon + 3
        var end = start
        while end < text.count, text[end] != 0x2F, text[end] != 0x3F { end += 1 }
        let rest = text.extracting(end..<text.count)
        try Self.check(rest)

        var mark = 0
        while mark < rest.count, rest[mark] != 0x3F { mark += 1 }
        self.scheme = scheme
        self.authority = try Authority(text.extracting(start..<end)).normalized(for: scheme)
        let path = String(decoding: [UInt8](rest.extracting(0..<mark)), as: UTF8.self)
        self.path = path.isEmpty ? "/" : path
        query =
            mark == rest.count
            ? nil
            : String(decoding: [UInt8](rest.extracting((mark + 1)..<rest.count)), as: UTF8.self)
    }

    /// The port to dial.
    package var port: UInt16 { authority.port ?? scheme.defaultPort }

    /// Scheme and authority, as in `https://cloud.example:8443`.
    package var origin: String { "\(scheme.rawValue)://\(authority)" }

    /// What stands in the request line.
    package var target: String { query.map { "\(path)?\($0)" } ?? path }

    package var description: String { origin + target }

    /// `pchar`, `/` and `?`, with whole escapes (RFC 3986, section 3.3).
    private static func check(_ rest: Span<UInt8>) throws(AddressFailure) {
        var index = 0
        while index < rest.count {
            if rest[index] == 0x25 {
                guard index + 2 < rest.count, Octet.hexValue(rest[index + 1]) != nil,
                    Octet.hexValue(rest[index + 2]) != nil
                else { throw .path }
                index += 3
            } else {
                guard Octet.isPath(rest[index]) || rest[index] == 0x3F else { throw .path }
                index += 1
            }
        }
    }

    private static let longest = 8 << 10
}
