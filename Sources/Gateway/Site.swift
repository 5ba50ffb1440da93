package import Federation
import Foundation
import HTTPSignatures
import Transport

/// What the gateway is called in public.
package struct Site: Sendable {
    /// `https://host[:port]`, without a slash.
    package let origin: String
    package let host: PeerHost
    package let aliases: [PeerHost]
    let scheme: String
    let signed: Origin
    private let signedAliases: [PeerHost: Origin]
    /// The hosts as requests name them.
    private let names: [Authority.Host]

    /// nil when the origin is no `http` or `https` origin.
    package init?(origin: String, aliases: [String]) {
        guard let parts = URLParts(origin), let signed = Origin(origin),
            parts.path.isEmpty || parts.path == "/"
        else { return nil }
        self.origin = signed.description
        self.signed = signed
        host = parts.host
        scheme = parts.scheme.rawValue
        var hosts: [PeerHost] = []
        var origins: [PeerHost: Origin] = [:]
        for alias in aliases {
            guard let parts = URLParts(alias), let origin = Origin(alias) else { return nil }
            hosts.append(parts.host)
            origins[parts.host] = origin
        }
        self.aliases = hosts
        self.hosts = [host] + hosts
        signedAliases = origins
        names = self.hosts.compactMap { try? Authority($0.name).host }
    }

    /// All hosts of the site, its own first: a `Destination` may name any of them.
    package let hosts: [PeerHost]

    /// The name by which a peer knows the site: the one given, while it is one of the site's; else
    /// its own.
    func name(_ alias: PeerHost?) -> PeerHost {
        guard let alias, aliases.contains(alias) else { return host }
        return alias
    }

    /// The name that a request was sent to; the site's own for what names none of them.
    func name(in authority: Authority?) -> PeerHost {
        guard !aliases.isEmpty, let authority else { return host }
        return name(PeerHost(authority.description))
    }

    /// The one of this site's people for whom a message is, or whose it is.
    ///
    /// The backend looks for the user by the part before the host, and leaves the host aside; what the
    /// policy says of `dean@cloud.example` would not be about `dean@other.example`. Refused:
    /// another host than those of the site (`misdirected_request`); white space at an end, which the
    /// database of a backend may compare as if it were not there, a second host inside of it, and a
    /// spelling that a directory (LDAP, RFC 4518) takes for another one (`malformed_message`).
    func checkOwn(_ person: OCMAddress, _ member: String) throws(Denial) {
        guard hosts.contains(person.host) else {
            throw Denial(
                .misdirected,
                "\(member) is at \(person.host), which is no name of this site: see site.origin "
                    + "and site.aliases")
        }
        let ends = [person.identifier.unicodeScalars.first, person.identifier.unicodeScalars.last]
        guard !ends.contains(where: { $0?.properties.isWhitespace ?? true }) else {
            throw Denial(.malformedMessage, "\(member) begins or ends with white space")
        }
        guard person.identifier.hasOneSpelling else {
            throw Denial(
                .malformedMessage,
                "\(member) has several spellings: it is not in NFKC, or holds two spaces in a row or "
                    + "what nobody sees")
        }
        // Old servers cut an address where they take the host to end: what policy and limits say of
        // `dean@cloud.example` would not be about `dean@cloud.example/@cloud.example`.
        guard !person.holdsEndOfHost else {
            throw Denial(.malformedMessage, "\(member) has the end of a host before its last @")
        }
    }

    /// Whether a request's `Host` is one of the site's names; ports are the listeners' matter.
    func isNamed(by authority: Authority?) -> Bool {
        // Only HTTP/1.0 comes without a Host; it means the site itself.
        guard let authority else { return true }
        return names.contains(authority.host)
    }

    /// Whether the name that a client asked for in its handshake is the one of its request
    /// (security design, items 28 and 43): else it reached us by the certificate of another name.
    ///
    /// No name is no objection: old clients send none, and those that dial an address cannot.
    func isReached(by name: String?, for authority: Authority?) -> Bool {
        guard let name else { return true }
        guard let authority else {
            guard let named = try? Authority(name) else { return false }
            return isNamed(by: named)
        }
        return authority.host.description == name
    }

    /// All origins that peers may sign for, the site's own first.
    var signedOrigins: [Origin] {
        [signed] + aliases.compactMap { signedAliases[$0] }
    }

    /// That of one of its names; the site's own for what is none.
    func origin(of host: PeerHost) -> String { (signedAliases[host] ?? signed).description }

    /// The origin that a peer signed for: the alias that it asked, else the site's own, never what
    /// a hop in between made of `Host`. A port that none of them has is that of such a hop.
    func signedOrigin(for authority: Authority?) -> Origin {
        guard let authority, let asked = PeerHost(authority.description), asked != host else {
            return signed
        }
        if let exact = signedAliases[asked] { return exact }
        guard asked.name != host.name, let alias = aliases.first(where: { $0.name == asked.name })
        else { return signed }
        return signedAliases[alias] ?? signed
    }
}

extension String {
    /// Whether no other spelling stands behind this one: what a policy says of `dean` would not be about
    /// the same in fullwidth letters, with which a directory finds the same user.
    fileprivate var hasOneSpelling: Bool {
        if utf8.allSatisfy({ $0 < 0x80 }) {
            return !zip(utf8, utf8.dropFirst()).contains { $0 == 0x20 && $1 == 0x20 }
        }
        return !contains("  ") && isSame(as: precomposedStringWithCompatibilityMapping)
            && !unicodeScalars.contains { $0.properties.isDefaultIgnorableCodePoint }
    }
}
