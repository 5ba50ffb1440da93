import Federation

/// Where a policy asks who somebody is: what the journal may have sealed, or have forgotten.
///
/// A sealed address shows its host, and no more. So `*@med.example` can be judged, and
/// `dean@med.example` cannot: then the message is judged as everybody it may have been from.
struct PeopleInPolicy {
    private var owners: [Glob] = []
    private var senders: [Glob] = []
    private var recipients: [Glob] = []
    /// One in each range of the policy, and one that is in none.
    private let addresses: [NetworkAddress]

    init(_ policy: Policy) {
        var ranges: [NetworkRange] = []
        for condition in policy.scopes.flatMap(\.conditions) {
            switch condition {
            case .owner(let globs): owners += globs.filter(Self.namesSomebody)
            case .sender(let globs): senders += globs.filter(Self.namesSomebody)
            case .recipient(let globs): recipients += globs.filter(Self.namesSomebody)
            case .net(let more): ranges += more
            case .shareType, .resourceType, .protocols, .permissions, .permissionsNot, .sizeMax,
                .accessTypes, .notificationType, .software, .time:
                break
            }
        }
        addresses = Self.addresses(of: ranges)
    }

    var isEmpty: Bool {
        owners.isEmpty && senders.isEmpty && recipients.isEmpty && addresses.isEmpty
    }

    /// The same message from others that it may have been from, in every combination; none when
    /// nothing is hidden that the policy asks for, nil when there are too many to be asked about.
    func variants(of facts: Facts) -> [Facts]? {
        if isEmpty { return [] }
        var variants = [facts]
        for (path, globs) in [
            (\Facts.owner, owners), (\Facts.sender, senders), (\Facts.recipient, recipients),
        ] {
            guard let host = HiddenPerson.host(of: facts[keyPath: path]) else { continue }
            let names = Set(globs.compactMap { Self.example(of: $0, at: host) })
            guard variants.count * (names.count + 1) <= Self.most else { return nil }
            variants += names.flatMap { name in
                variants.map { other in
                    var other = other
                    other[keyPath: path] = name
                    return other
                }
            }
        }
        if facts.address == nil {
            guard variants.count * (addresses.count + 1) <= Self.most else { return nil }
            variants += addresses.flatMap { address in
                variants.map { other in
                    var other = other
                    other.address = address
                    return other
                }
            }
        }
        return Array(variants.dropFirst())
    }

    /// Of one message.
    private static let most = 1000

    private static func addresses(of ranges: [NetworkRange]) -> [NetworkAddress] {
        if ranges.isEmpty { return [] }
        let inside = ranges.compactMap { range in
            range.description.split(separator: "/").first.flatMap { NetworkAddress($0) }
        }
        let outside = elsewhere.compactMap { NetworkAddress($0) }.first { address in
            !ranges.contains { $0.contains(address) }
        }
        return inside + (outside.map { [$0] } ?? [])
    }

    private static let elsewhere = [
        "203.0.113.254", "198.51.100.254", "192.0.2.254", "2001:db8::1",
    ]

    /// Whether the part before the host is more than a star.
    private static func namesSomebody(_ glob: Glob) -> Bool {
        guard let at = glob.description.lastIndex(of: "@") else { return glob.description != "*" }
        return glob.description[..<at] != "*"
    }

    /// An address on this host that a pattern matches; nil when there is none.
    private static func example(of glob: Glob, at host: String) -> String? {
        let text = glob.description
        let local = text.lastIndex(of: "@").map { text[..<$0] } ?? text[...]
        let name = String(local.replacing("*", with: "x")) + (host.isEmpty ? "" : "@\(host)")
        return glob.matches(name) ? name : nil
    }
}

/// A person whom the journal shows by a pseudonym: `~0123456789abcdef01234567@host`.
enum HiddenPerson {
    /// The host that is shown, empty when there is none; nil for a text that hides nobody.
    static func host(of text: String?) -> String? {
        guard let text, text.hasPrefix("~") else { return nil }
        let rest = text.dropFirst()
        let name = rest.prefix { $0 != "@" }
        guard JournalPseudonym(String(name)) != nil else { return nil }
        return String(rest.dropFirst(name.count).dropFirst())
    }
}
