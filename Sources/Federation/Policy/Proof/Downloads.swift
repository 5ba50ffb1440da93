/// What downloaded lists may say of one peer.
struct DownloadedMemberships {
    /// The lists that it is on, by their names.
    let members: Set<String>
    /// For each policy the downloaded list that gives it its standing; nil where none does.
    let winners: [String?]
    /// For each policy those that the winner has to be more specific than.
    fileprivate let rivals: [Set<String>]

    /// Entries that make it so: the more a list has to win, the more specific its pattern.
    func entries(for host: PeerHost) -> [String: [ListEntry]] {
        var entries: [String: [ListEntry]] = [:]
        for name in members {
            let wins = winners.indices.filter { winners[$0] == name }
            let loses = winners.indices.contains {
                winners[$0] != name && rivals[$0].contains(name)
            }
            let isPlain = host.kind == .name && wins.count == winners.count
            let text =
                switch (wins.isEmpty, loses) {
                case (true, _): host.kind == .name ? ".\(host.name)" : host.name
                case (false, true): host.name
                case (false, false): isPlain ? host.name : "\(host.name):\(host.connectPort)"
                }
            entries[name] = HostPattern(text).map { [ListEntry(pattern: $0)] }
        }
        return entries
    }
}

/// The downloaded lists of some policies, and all that they may hold.
struct Downloads {
    /// Those whose members something asks for.
    let asked: [String]
    /// The others: of these it only counts which one gives the standing.
    private let others: [String]
    private let policies: [Policy]

    init(
        _ policies: [Policy], _ selectors: [(policy: Int, peers: PeerSelector)],
        asksDirectory: Bool
    ) {
        var all: Set<String> = []
        var asked: Set<String> = []
        for (number, policy) in policies.enumerated() {
            let named = Set(selectors.filter { $0.policy == number }.flatMap(\.peers.lists))
            for (place, list) in policy.lists.enumerated() where list.tier == .downloaded {
                all.insert(list.name)
                if named.contains(place) || asksDirectory && list.isDirectory {
                    asked.insert(list.name)
                }
            }
        }
        self.policies = policies
        self.asked = asked.sorted()
        others = all.subtracting(asked).sorted()
    }

    /// Everything that tells.
    func contents(beside own: [OwnEntries]) -> [DownloadedMemberships] {
        var all: [DownloadedMemberships] = []
        for bits in 0..<(1 << asked.count) {
            let named = Set(asked.indices.filter { bits & 1 << $0 != 0 }.map { asked[$0] })
            for extra in extras { all += contents(named.union(extra), own) }
        }
        return all
    }

    /// No list more, or one for each policy to get its standing from.
    private var extras: [Set<String>] {
        var extras: Set<Set<String>> = [[]]
        for _ in policies {
            extras.formUnion(extras.flatMap { set in others.map { set.union([$0]) } })
        }
        return extras.sorted { $0.sorted().lexicographicallyPrecedes($1.sorted()) }
    }

    private func contents(_ members: Set<String>, _ own: [OwnEntries]) -> [DownloadedMemberships] {
        let rivals = policies.indices.map { candidates(policies[$0], members, own[$0]) }
        var all: [[String?]] = [[]]
        for names in rivals {
            let choices: [String?] = names.isEmpty ? [nil] : names.sorted()
            all = all.flatMap { winners in choices.map { winners + [$0] } }
        }
        return all.compactMap { winners in
            // Two lists cannot each be more specific than the other.
            if winners.count == 2, let left = winners[0], let right = winners[1], left != right,
                rivals[1].contains(left), rivals[0].contains(right)
            {
                return nil
            }
            return DownloadedMemberships(members: members, winners: winners, rivals: rivals)
        }
    }

    /// The lists one of which gives the standing: none when an own list does.
    private func candidates(
        _ policy: Policy, _ members: Set<String>, _ own: OwnEntries
    ) -> Set<String> {
        let downloaded = policy.lists.filter { $0.tier == .downloaded && members.contains($0.name) }
        let level = downloaded.map(Self.level).max() ?? 0
        if let best = own.best, Self.level(policy.lists[best.list]) >= level { return [] }
        return Set(downloaded.filter { Self.level($0) == level }.map(\.name))
    }

    /// What beats what, whoever wrote it and however specific it is.
    private static func level(_ list: PeerList) -> Int {
        switch (list.firmness, list.stance) {
        case (.ordinary, _): 1
        case (.hard, .allow): 2
        case (.hard, .block): 3
        }
    }
}
