import OpenSSL

/// Scheme and authority of a URI, in the one form that `@target-uri`, `@authority` and `@scheme`
/// are built from (RFC 9421 sections 2.2.2 to 2.2.4): lower case, without the default port.
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    package let scheme: String
    /// Host and, unless it is the scheme's default, port.
    package let authority: String

    /// `https://host[:port]` or the same with `http`; nil for anything else, a path, user
    /// information or a malformed port included. A final `/` is allowed.
    package init?(_ text: String) {
        guard let (scheme, rest) = Self.split(text[...]) else { return nil }
        let authority = rest.hasSuffix("/") ? rest.dropLast() : rest
        self.init(scheme: scheme, authority: String(authority))
    }

    /// `authority` as a `Host` field has it.
    package init?(scheme: String, authority: String) {
        let scheme = scheme.lowercased()
        guard let port = Self.defaultPorts[scheme],
            let authority = Self.normalize(authority, defaultPort: port)
        else { return nil }
        self.scheme = scheme
        self.authority = authority
    }

    package var description: String { "\(scheme)://\(authority)" }

    /// Scheme, and what follows `://`.
    static func split(_ text: Substring) -> (scheme: String, rest: Substring)? {
        guard let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") else {
            return nil
        }
        return (String(text[..<colon]), text[text.index(colon, offsetBy: 3)...])
    }

    private static let defaultPorts = ["https": "443", "http": "80"]

    private static func normalize(_ authority: String, defaultPort: String) -> String? {
        var host = authority.lowercased()
        let end = host.lastIndex(of: "]").map(host.index(after:)) ?? host.startIndex
        if let colon = host[end...].firstIndex(of: ":") {
            let port = host[host.index(after: colon)...]
            guard port.utf8.allSatisfy(\.isDigit), port.isEmpty || UInt16(port) != nil else {
                return nil
            }
            if port.isEmpty || UInt16(port) == UInt16(defaultPort) {
                host = String(host[..<colon])
            }
        }
        guard !host.isEmpty, host.utf8.allSatisfy(Self.isAuthorityByte) else { return nil }
        return host
    }

    /// Letters of a registered name, of an address literal, and of a port; no user information.
    private static func isAuthorityByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"),
            UInt8(ascii: ":"), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "%"):
            return true
        case _:
            return byte.isLowercaseLetter || byte.isDigit
        }
    }
}
