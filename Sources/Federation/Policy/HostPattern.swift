/// A pattern of hosts: `host`, `*.host` (below it) or `.host` (both), each with an optional port.
///
/// Without a port it means the host on every port.
package struct HostPattern: Sendable, Hashable, CustomStringConvertible {
    /// Which hosts are meant beside the one that is named.
    package enum Scope: Int, Sendable, Comparable {
        /// `.host`
        case hostAndBelow
        /// `*.host`
        case below
        /// `host`
        case host

        package static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
    }

    /// The host in canonical form.
    package let name: String
    package let scope: Scope
    package let port: UInt16?

    /// Refused: what is no host (a URL, an underscore, `*` elsewhere than in front), `*` alone, and
    /// `*.` or `.` before an address.
    package init?(_ text: some StringProtocol) {
        var rest = Substring(text)
        if rest.hasPrefix("*.") {
            rest = rest.dropFirst(2)
            scope = .below
        } else if rest.hasPrefix(".") {
            rest = rest.dropFirst()
            scope = .hostAndBelow
        } else {
            scope = .host
        }
        guard let host = PeerHost(rest), scope == .host || host.kind == .name else { return nil }
        name = host.name
        // As written: a host drops the port 443, but `host:443` is not the host on every port.
        port = PeerHost.writtenPort(rest)
    }

    /// Whether a host is meant; a pattern without a port means each.
    package func matches(_ host: PeerHost) -> Bool {
        guard port == nil || port == host.connectPort else { return false }
        switch scope {
        case .host: return host.name == name
        case .below: return host.kind == .name && isParent(of: host.name)
        case .hostAndBelow:
            return host.name == name || host.kind == .name && isParent(of: host.name)
        }
    }

    private func isParent(of other: String) -> Bool {
        let (below, above) = (other.utf8, name.utf8)
        return below.count > above.count + 1 && other.hasSuffix(name)
            && below[below.index(below.endIndex, offsetBy: -above.count - 1)] == UInt8(ascii: ".")
    }

    package var description: String {
        let dots =
            switch scope {
            case .host: ""
            case .below: "*."
            case .hostAndBelow: "."
            }
        return dots + name + (port.map { ":\($0)" } ?? "")
    }
}
