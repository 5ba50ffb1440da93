/// An absolute http or https URL, cut once and for all: what is judged is what is dialled.
package struct URLParts: Sendable, Equatable {
    package enum Scheme: String, Sendable {
        case http, https
    }

    package let scheme: Scheme
    package let host: PeerHost
    /// The port to connect to: the written one, or the scheme's own.
    package let port: UInt16
    /// The path as written, from its slash on; empty when there is none.
    package let path: String
    /// What follows the first `?`, without it; nil when there is none.
    package let query: String?

    /// Refused: other schemes, user information, a fragment, backslashes, spaces, control
    /// characters and all bytes beyond ASCII after the authority.
    package init?(_ url: some StringProtocol) {
        let text = Substring(url)
        guard text.utf8.count <= 4096, let separator = text.firstRange(of: "://") else {
            return nil
        }
        switch text[..<separator.lowerBound].lowercased() {
        case "https": scheme = .https
        case "http": scheme = .http
        default: return nil
        }
        let rest = text[separator.upperBound...]
        let end =
            rest.utf8.firstIndex { byte in
                byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?")
                    || byte == UInt8(ascii: "#") || byte == UInt8(ascii: "\\")
            } ?? rest.endIndex
        guard let host = PeerHost(rest[..<end], defaultPort: scheme == .https ? 443 : 80),
            rest[end...].utf8.allSatisfy({
                $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "#")
            })
        else { return nil }
        self.host = host
        port = PeerHost.writtenPort(rest[..<end]) ?? (scheme == .https ? 443 : 80)
        let target = rest[end...]
        if let mark = target.utf8.firstIndex(of: UInt8(ascii: "?")) {
            path = String(target[..<mark])
            query = String(target[target.index(after: mark)...])
        } else {
            path = String(target)
            query = nil
        }
    }
}
