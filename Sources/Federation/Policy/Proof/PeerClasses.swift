/// Peers, with the time and what the lists say of them, that stand for all others: whatever peer
/// there is, at whatever time, one of these is judged in the same way by each of the policies.
///
/// What stands in own lists is known. A downloaded list may hold anything: any peer may be on it or
/// not, and its entry may be more or less specific than that of another downloaded list.
struct PeerClasses {
    /// One of these peers, at one time.
    struct Class {
        let host: PeerHost
        /// Unix seconds.
        let now: Int
        /// What each of the policies says of the peer.
        let standings: [Standing]
        /// What the downloaded lists must hold for that, by their names.
        let entries: [String: [ListEntry]]
    }

    private(set) var classes: [Class] = []

    /// - Parameters:
    ///   - selectors: the peers that something asks for, each with the place of its policy.
    ///   - windows: the times that something asks for.
    ///   - asksDirectory: whether something asks for membership in a directory.
    ///   - named: what else has to tell classes apart.
    init(
        _ policies: [Policy], _ selectors: [(policy: Int, peers: PeerSelector)],
        _ windows: [TimeWindow], asksDirectory: Bool, named: PeerNames = PeerNames()
    ) throws(ProofLimit) {
        let hosts = HostSearch(policies, selectors, named)
        let downloads = Downloads(policies, selectors, asksDirectory: asksDirectory)
        guard downloads.asked.count <= Self.mostAsked else {
            throw ProofLimit("more than \(Self.mostAsked) downloaded lists are asked for by name")
        }
        let edges = windows.flatMap(\.edges)
        var seen: Set<[Int]> = []
        for host in hosts.run() {
            for now in InstantClasses(
                ends: hosts.ends(of: host).union(named.instants), edges: edges
            ).instants {
                let own = policies.map { OwnEntries($0, host, now) }
                for contents in downloads.contents(beside: own) {
                    let found = Self.place(host, now, policies, own, contents)
                    let key = Self.key(of: found, selectors, windows, named)
                    if seen.insert(key).inserted { classes.append(found) }
                }
                guard classes.count <= Self.most else {
                    throw ProofLimit("there are more than \(Self.most) kinds of peers")
                }
            }
        }
        classes.sort { Self.oddity($0) < Self.oddity($1) }
    }

    private static func place(
        _ host: PeerHost, _ now: Int, _ policies: [Policy], _ own: [OwnEntries],
        _ contents: DownloadedMemberships
    ) -> Class {
        let entries = contents.entries(for: host)
        let standings = policies.indices.map { number in
            let policy = policies[number]
            let downloaded = policy.lists.indices.filter { list in
                policy.lists[list].tier == .downloaded
                    && contents.members.contains(policy.lists[list].name)
            }
            var best = own[number].best
            if let winner = contents.winners[number],
                let list = downloaded.first(where: { policy.lists[$0].name == winner }),
                let entry = entries[winner]?.first
            {
                best = (list, entry)
            }
            return policy.standing(
                by: best, memberships: own[number].memberships + downloaded,
                refusing: policy.refusals.unknown)
        }
        return Class(host: host, now: now, standings: standings, entries: entries)
    }

    /// What tells a class from others.
    private static func key(
        of found: Class, _ selectors: [(policy: Int, peers: PeerSelector)],
        _ windows: [TimeWindow], _ named: PeerNames
    ) -> [Int] {
        var key = found.standings.map { standing in
            var hasher = Hasher()
            hasher.combine(standing.by)
            hasher.combine(standing.isInDirectory)
            return hasher.finalize()
        }
        key += selectors.map { $0.peers.contains(found.host, found.standings[$0.policy]) ? 1 : 0 }
        key += windows.map { $0.contains(found.now) ? 1 : 0 }
        key += named.patterns.map { $0.matches(found.host) ? 1 : 0 }
        key += named.instants.map { found.now < $0 ? 1 : 0 }
        return key
    }

    /// The plainest peers come first: they make counterexamples that are easy to read.
    private static func oddity(_ found: Class) -> Int {
        let standing =
            switch found.standings.first?.word {
            case .allow, nil: 0
            case .unknown: 1
            case .block: 2
            }
        return standing + 4 * found.entries.count
            + (found.now == PolicyTest.ordinaryNow ? 0 : 2) + (found.host.port == nil ? 0 : 1)
    }

    private static let mostAsked = 10
    private static let most = 50_000
}

/// Patterns and times by which peers are told of, beside those that are asked for.
struct PeerNames {
    var patterns: [HostPattern] = []
    /// Unix seconds.
    var instants: [Int] = []
}

/// What own lists say of one host at one time.
struct OwnEntries {
    let best: (list: Int, entry: ListEntry)?
    let memberships: [Int]

    init(_ policy: Policy, _ host: PeerHost, _ now: Int) {
        (best, memberships) = policy.entries(of: host, now: now, in: .own)
    }
}

/// Hosts of which no two are in the same entries of own lists, and named by the same blocks.
struct HostSearch {
    private let policies: [Policy]
    /// Those of each selector, and each that is named by itself.
    private let patterns: [[HostPattern]]
    private let index: ListIndex

    init(
        _ policies: [Policy], _ selectors: [(policy: Int, peers: PeerSelector)],
        _ named: PeerNames
    ) {
        self.policies = policies
        patterns = selectors.map(\.peers.patterns) + named.patterns.map { [$0] }
        index = ListIndex(entries: patterns.map { $0.map { ListEntry(pattern: $0) } })
    }

    func run() -> [PeerHost] {
        var all = Set(patterns.joined())
        for policy in policies {
            for list in policy.lists where list.tier == .own {
                all.formUnion(list.entries.map(\.pattern))
            }
        }
        var seen: Set<[Int]> = []
        return HostClasses(all).hosts.filter { seen.insert(key(of: $0)).inserted }
    }

    /// When the entries that name a host end.
    func ends(of host: PeerHost) -> Set<Int> {
        var ends: Set<Int> = []
        for policy in policies {
            policy.index.forEachMatch(host, now: .min) { list, entry in
                let list = policy.lists[list]
                if list.tier == .own, let until = list.entries[entry].until { ends.insert(until) }
            }
        }
        return ends
    }

    private func key(of host: PeerHost) -> [Int] {
        var named: Set<Int> = []
        index.forEachMatch(host, now: .min) { selector, _ in named.insert(selector) }
        var key = named.sorted()
        for now in [Int.min] + ends(of: host).sorted() {
            key.append(now)
            for policy in policies {
                let own = OwnEntries(policy, host, now)
                key.append(own.best?.list ?? -1)
                key += own.memberships.sorted()
                key.append(-2)
            }
        }
        return key
    }
}
