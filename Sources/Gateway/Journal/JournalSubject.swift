import Federation
import OpenSSL
import Transport

/// Whom a personal value of the journal is about: somebody who may be forgotten.
///
/// An account of a server, by its OCM address, is one subject wherever it stands: as owner, sender,
/// recipient, however servers write its letters, which most of them take small or capital, and whether
/// they say its host once or twice (`uuid@h@h`). An IPv4 address is one, and an IPv6 network of 64 bits,
/// since that is what one connection of one household or machine has (decision 42).
package struct JournalSubject: Sendable, Hashable {
    /// What tells it from all others.
    let name: String
    /// The server of an account, which stays readable; nil where none was named.
    let host: PeerHost?

    /// The subject of a text that a message names an account by; one that names no host is of `site`.
    init(account text: String, site: PeerHost) {
        if let address = OCMAddress(text) {
            self.init(account: address)
        } else {
            self.init(name: "\(text)@\(site)".lowercased(), host: nil)
        }
    }

    private init(account address: OCMAddress) {
        self.init(name: address.saidOnce.canonical.lowercased(), host: address.host)
    }

    private init(name: String, host: PeerHost?) {
        self.name = name
        self.host = host
    }

    /// An account of a site under each of its names; anybody else alone.
    ///
    /// - Parameter ours: the names of the site, its own first.
    func everywhere(at ours: [PeerHost]) -> [JournalSubject] {
        guard let host, ours.contains(host), name.hasSuffix("@\(host)") else { return [self] }
        let identifier = name.dropLast("@\(host)".count)
        return ours.map { JournalSubject(name: "\(identifier)@\($0)", host: $0) }
    }

    init(client address: IPAddress) {
        switch address.unmapped {
        case .v4: self.init(name: address.unmapped.description, host: nil)
        case .v6(let upper, _):
            self.init(name: IPAddress.v6(upper, 0).description + "/64", host: nil)
        }
    }

    /// Whose the address is that a message came from; nil for the machine's own, which is nobody's.
    init?(of address: IPAddress) {
        guard AddressClass(of: address) != .loopback else { return nil }
        self.init(client: address)
    }

    /// What an operator writes: `alice@cloud.example`, `192.0.2.7`, `2001:db8::1`, `2001:db8::/64`.
    ///
    /// Refused: anything else.
    package init?(_ text: String) {
        let address = text.hasSuffix("/64") ? String(text.dropLast(3)) : text
        if let address = IPAddress(address) {
            self.init(client: address)
        } else if let account = OCMAddress(text) {
            self.init(account: account)
        } else {
            return nil
        }
    }
}

/// The name under which a subject stands in the journal: a keyed hash under the subject's own random
/// key, so that nobody finds it again once that key is gone.
package struct JournalPseudonym: Sendable, Hashable, CustomStringConvertible {
    /// 24 lower-case hexadecimal digits.
    package let description: String

    package init?(_ text: String) {
        guard text.utf8.count == Self.count,
            text.utf8.allSatisfy({ $0.isDigit || (0x61...0x66).contains($0) })
        else { return nil }
        description = text
    }

    /// The first 12 bytes of a digest.
    init(digest: [UInt8]) { description = Hex.encode(digest.prefix(Self.count / 2)) }

    private static let count = 24
}

/// Who is to be forgotten, or looked for.
package enum JournalErasure: Sendable {
    case subject(JournalSubject)
    case pseudonym(JournalPseudonym)
}
