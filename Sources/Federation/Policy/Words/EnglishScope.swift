/// Which messages a block is about, in words.
struct EnglishScope {
    let lists: [PeerList]

    /// `shares from outside, except with the servers of the list “legacy”, for a group`.
    func subject(_ scope: BlockScope, _ effect: Condition.Effect) -> String {
        var text = Self.occasions(scope.occasions)
        if let peers = scope.peers { text += " with \(self.peers(peers))" }
        if let excepted = scope.excepted { text += " – except with \(peers(excepted)) –" }
        let conditions = scope.conditions.map { Self.phrase($0, effect, on: scope.occasions) }
        if !conditions.isEmpty { text += " " + EnglishWords.all(conditions) }
        return text
    }

    /// `shares and notifications, both ways, and token requests from outside`.
    static func occasions(_ set: OccasionSet) -> String {
        let kinds = MessageKind.allCases
        let inbound = kinds.filter { set.contains(Occasion($0, .inbound)) }
        let outbound = kinds.filter { set.contains(Occasion($0, .outbound)) }
        let both = inbound.filter(outbound.contains)
        func phrase(_ some: [MessageKind], _ way: String) -> String? {
            guard !some.isEmpty else { return nil }
            let words =
                some.count == kinds.count ? "all messages" : EnglishWords.all(some.map(word))
            return "\(words) \(way)"
        }
        return EnglishWords.all(
            [
                phrase(both, "both ways"),
                phrase(inbound.filter { !both.contains($0) }, "from outside"),
                phrase(outbound.filter { !both.contains($0) }, "to outside"),
            ].compactMap { $0 })
    }

    private static func word(_ kind: MessageKind) -> String {
        switch kind {
        case .share: "shares"
        case .notification: "notifications"
        case .invite: "accepted invitations"
        case .token: "token requests"
        case .webdav: "access to shared files"
        case .requestShare: "requests for a share"
        case .ocs: "messages of the older API"
        }
    }

    /// `the servers of the list “legacy” (old.example) and cloud.example`.
    func peers(_ selector: PeerSelector) -> String {
        let named = selector.lists.map { place in
            let list = lists[place]
            let hosts = list.entries.map { Self.host($0.pattern) }
            let isShort = !hosts.isEmpty && hosts.count <= 5
            return "the servers of the list \(EnglishWords.named(list.name))"
                + (isShort ? " (\(hosts.joined(separator: ", ")))" : "")
        }
        return EnglishWords.all(named + selector.patterns.map(Self.host))
    }

    /// A pattern in words.
    static func host(_ pattern: HostPattern) -> String {
        let name = pattern.name + (pattern.port.map { ":\($0)" } ?? "")
        return switch pattern.scope {
        case .host: name
        case .below: "every server below \(name)"
        case .hostAndBelow: "\(name) and every server below it"
        }
    }

    /// What a condition says. A block that lets through must cover all values of a message; for one
    /// that restricts one of them is enough.
    static func phrase(
        _ condition: Condition, _ effect: Condition.Effect, on occasions: OccasionSet
    ) -> String {
        let words = condition.words
        let lets = effect == .letsThrough
        // What such a message says nothing of may be anything, and is restricted.
        let mayBeAny = !lets && occasions.occasions.contains(where: \.showsCredential)
        let orUnknown = mayBeAny ? " (or, of a code or of data, where that is not known)" : ""
        return switch condition {
        case .shareType: "for a \(EnglishWords.any(words))"
        case .resourceType: "of a \(EnglishWords.any(words))" + orUnknown
        case .protocols:
            lets
                ? "by no other protocol than \(EnglishWords.any(words))"
                : "by \(EnglishWords.any(words)), also among other protocols"
        case .permissions(let set):
            (lets
                ? "that grant no more than \(EnglishWords.all(set.words))"
                : "that grant \(EnglishWords.any(set.words))") + Self.unspecified(set)
        case .permissionsNot(let set):
            "that grant anything beyond \(EnglishWords.all(set.words))" + Self.unspecified(set)
        case .sizeMax(let limit): "of at most \(ByteCount(limit)) (or of no stated size)"
        case .owner: "owned by \(EnglishWords.any(words))" + orUnknown
        case .sender: "sent by \(EnglishWords.any(words))" + orUnknown
        case .recipient: "for \(EnglishWords.any(words))" + orUnknown
        case .accessTypes:
            lets
                ? "with no other access than \(EnglishWords.any(words))"
                : "with access \(EnglishWords.any(words)), also among others"
        case .notificationType: "of the type \(EnglishWords.any(words))"
        case .net:
            "that come from the network \(EnglishWords.any(words))"
                + (lets ? "" : " (or from an unknown address)")
        case .software:
            "with software that calls itself \(EnglishWords.any(words.map(EnglishWords.named)))"
        case .time: "at the time \(EnglishWords.any(words))"
        }
    }

    /// How shares that name no permissions are taken.
    private static func unspecified(_ set: Permissions) -> String {
        set.words.contains("unspecified") ? "" : " (a share that names none counts as all)"
    }
}
