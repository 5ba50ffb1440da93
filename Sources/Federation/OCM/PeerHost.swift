import OpenSSL

/// A server's name as the federation compares it: host and port in one canonical form.
///
/// Lower-case, IDNA in A-labels, no trailing dot, no default port, IPv4 as a dotted quad and IPv6
/// after RFC 5952 in brackets. Two hosts are the same exactly when these are equal; nothing is ever
/// compared by substring.
package struct PeerHost: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The host without port; an IPv6 address stands in brackets.
    package let name: String
    /// The port when it is not the scheme's own.
    package let port: UInt16?

    /// What the host is: a name or an address.
    package enum Kind: Sendable, Equatable {
        case name, ipv4, ipv6
    }
    package let kind: Kind

    /// `host[:port]`, as in `client_id` and `recipientProvider`.
    ///
    /// Refused: empty labels, labels over 63 and names over 253 bytes, bytes outside letters,
    /// digits and hyphens after IDNA, labels with `--` in the third place but `xn--`, numbers that
    /// some resolvers read as an address (127.1, 0x7f.1), zones, user information, paths and ports
    /// outside 1...65535.
    package init?(_ text: some StringProtocol) {
        self.init(text, defaultPort: 443)
    }

    init?(_ text: some StringProtocol, defaultPort: UInt16) {
        var host = Substring(text)
        var port: UInt16?
        let bytes = host.utf8.span
        let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
        if bytes.count > 0, bytes[0] == UInt8(ascii: "[") {
            guard let end = host.utf8.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            let rest = host[host.index(after: end)...]
            host = host[...end]
            if !rest.isEmpty {
                guard rest.utf8.first == UInt8(ascii: ":"),
                    let number = Self.port(rest.dropFirst())
                else { return nil }
                port = number
            }
        } else if let colon {
            let end = host.utf8.index(host.startIndex, offsetBy: colon)
            guard let number = Self.port(host[host.utf8.index(after: end)...]) else { return nil }
            port = number
            host = host[..<end]
        }
        guard let canonical = HostName(host) else { return nil }
        self.name = canonical.text
        self.kind = canonical.kind
        // 443 never stays, whatever the scheme: `h:443` and `h` are one name.
        self.port = port == defaultPort || port == 443 ? nil : port
    }

    /// Whether this is a name in the zone of another: `ocm.cloud.example` is below `cloud.example`.
    /// Whole labels count, and no address is below anything.
    package func isBelow(_ other: PeerHost) -> Bool {
        kind == .name && other.kind == .name && name.hasSuffix("." + other.name)
    }

    /// The host of a URL with the scheme https, or http; whatever follows the authority is
    /// ignored. Refused: other schemes, user information.
    package init?(url: some StringProtocol) {
        guard let parts = URLParts(url) else { return nil }
        self = parts.host
    }

    package var description: String {
        if let port { "\(name):\(port)" } else { name }
    }

    /// The port to connect to for https.
    package var connectPort: UInt16 { port ?? 443 }

    /// `https://host[:port]`, without a slash.
    package var origin: String { "https://\(self)" }

    package static func < (left: PeerHost, right: PeerHost) -> Bool {
        (left.name, left.port ?? 0) < (right.name, right.port ?? 0)
    }

    /// The port behind a host that was found well-formed.
    static func writtenPort(_ authority: Substring) -> UInt16? {
        guard let colon = authority.utf8.lastIndex(of: UInt8(ascii: ":")) else { return nil }
        let digits = authority[authority.index(after: colon)...]
        return digits.utf8.last == UInt8(ascii: "]") ? nil : port(digits)
    }

    private static func port(_ text: some StringProtocol) -> UInt16? {
        guard (1...5).contains(text.utf8.count),
            text.utf8.allSatisfy(\.isDigit),
            let number = UInt16(text), number > 0
        else { return nil }
        return number
    }
}
