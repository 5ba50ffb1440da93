/// An absolute http or https URL, cut once and for all: what is judged is what is dialled.
package struct URLParts: Sendable, Equatable {
    /// The schemes that are read.
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

    /// Refused: other schemes, what ``PeerHost`` refuses, user information, a fragment, backslashes, spaces,
    /// control characters and all bytes beyond ASCII after the authority, and more than 4096 bytes.
    package init?(_ url: some StringProtocol) {
        let text = Substring(url)
        let bytes = text.utf8.span
        guard bytes.count <= 4096 else { return nil }
        let start: Int
        if bytes.startsFolded("https://") {
            (scheme, start) = (.https, 8)
        } else if bytes.startsFolded("http://") {
            (scheme, start) = (.http, 7)
        } else {
            return nil
        }
        let stop = Self.authorityEnd(bytes, from: start)
        for place in stop..<bytes.count {
            switch bytes[place] {
            case 0...0x20, 0x7F..., UInt8(ascii: "\\"), UInt8(ascii: "#"): return nil
            default: break
            }
        }
        let rest = text[text.utf8.index(text.startIndex, offsetBy: start)...]
        let end = text.utf8.index(text.startIndex, offsetBy: stop)
        guard let host = PeerHost(rest[..<end], defaultPort: scheme == .https ? 443 : 80) else {
            return nil
        }
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

    /// Path and query as written; empty when there is neither.
    package var pathAndQuery: String { path + (query.map { "?" + $0 } ?? "") }

    private static func authorityEnd(_ bytes: Span<UInt8>, from start: Int) -> Int {
        for place in start..<bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "/"), UInt8(ascii: "?"), UInt8(ascii: "#"), UInt8(ascii: "\\"):
                return place
            default: break
            }
        }
        return bytes.count
    }
}
