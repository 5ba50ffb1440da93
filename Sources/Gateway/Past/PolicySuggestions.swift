package import Federation

/// What the past says about a policy: whom one might let in, which blocks nothing was about, and what
/// would happen if what is tried out were enforced.
///
/// Only suggestions: a name in a message that no signature was verified of is a claim. No peer whose
/// signatures failed is ever suggested for anything.
package struct PolicySuggestions: Sendable {
    let policy: Policy
    /// Under `observe` everything that refuses is tried out, as in a policy in report mode.
    let profile: Configuration.Profile
    /// Messages of fewer than this are no reason for anything.
    let least: Int
    package private(set) var decisions = 0
    package private(set) var unread = UnreadLines()
    package private(set) var peers: [String: PeerTally] = [:]
    /// How often each block was about a message.
    package private(set) var blocks: [String: Int] = [:]
    /// Whom each block refused, or would have, had it been enforced, and how often.
    package private(set) var against: [String: [String: Int]] = [:]

    /// Counts what the journal holds since a time (milliseconds since 1970).
    ///
    /// - Parameter profile: under which the policy is asked.
    package static func make(
        for policy: Policy, under profile: Configuration.Profile = .bridge,
        from reader: JournalReader, since: Int, least: Int,
        progress: (Int) -> Void = { _ in }
    ) throws -> PolicySuggestions {
        var suggestions = PolicySuggestions(policy, under: profile, least: least)
        let batches = JournalBatches(reader: reader, days: try reader.days(), since: since)
        suggestions.unread = try batches.forEach({ Sighting($0) }, progress: progress) {
            suggestions.note($0)
        }
        return suggestions
    }

    init(_ policy: Policy, under profile: Configuration.Profile, least: Int) {
        self.policy = policy
        self.profile = profile
        self.least = least
    }

    mutating func note(_ sighting: Sighting) {
        decisions += 1
        for block in sighting.blocks where blocks.count < Self.limit || blocks[block] != nil {
            blocks[block, default: 0] += 1
        }
        for block in sighting.against where against.count < Self.limit || against[block] != nil {
            let peer = (against[block]?.count ?? 0) < Self.limit ? sighting.peer : Self.others
            against[block, default: [:]][peer, default: 0] += 1
        }
        guard !sighting.peer.isEmpty, peers[sighting.peer] != nil || peers.count < Self.limit else {
            return
        }
        peers[sighting.peer, default: PeerTally()].note(sighting)
    }

    // MARK: What follows from it

    /// Peers on no list that came often, and of which no signature was wrong; the most first.
    package var candidates: [(name: String, tally: PeerTally)] {
        peers.filter { name, tally in
            tally.unknown >= least && tally.wrong == 0 && isStillUnknown(name) && over(name) == nil
        }.map { (name: $0.key, tally: $0.value) }
            .sorted { ($1.tally.unknown, $0.name) < ($0.tally.unknown, $1.name) }
    }

    /// Peers that came often since the entry was over that let them in: an end was meant.
    package var ended: [(name: String, over: Standing.Over, tally: PeerTally)] {
        peers.filter { $1.unknown >= least && isStillUnknown($0) }.compactMap { name, tally in
            over(name).map { (name: name, over: $0, tally: tally) }
        }.sorted { $0.name < $1.name }
    }

    /// Peers on no list whose signatures failed: told, so that nobody wonders.
    package var distrusted: [(name: String, tally: PeerTally)] {
        peers.filter { name, tally in
            tally.unknown >= least && tally.wrong > 0 && isStillUnknown(name)
        }.map { (name: $0.key, tally: $0.value) }.sorted { $0.name < $1.name }
    }

    /// Peers that are excepted from having to sign, and sign all the same, always and well.
    package var signers: [(name: String, list: String, tally: PeerTally)] {
        let good = peers.compactMap { name, tally in
            tally.valid >= least && tally.wrong == 0 && tally.unsigned == 0
                ? PeerHost(name).map { (name: name, host: $0, tally: tally) } : nil
        }
        let excepted = policy.requirements.filter { $0.needs.contains(.signature) }
            .flatMap { $0.scope.excepted?.lists ?? [] }
        var found: [(name: String, list: String, tally: PeerTally)] = []
        for list in Set(excepted).map({ policy.lists[$0] }) {
            for (name, host, tally) in good
            where list.entries.contains(where: { $0.pattern.matches(host) }) {
                found.append((name, list.name, tally))
            }
        }
        return found.sorted { ($0.name, $0.list) < ($1.name, $1.list) }
    }

    /// The policy's blocks that no message was about.
    package var idle: [String] {
        labels.filter { blocks[$0] == nil }
    }

    /// What is only tried out: how many messages each block was about, and whom it refused, or would
    /// have refused.
    ///
    /// Of a policy in report mode, or under profile `observe`, that is everything that refuses, the
    /// lists and the defaults too; of another one its blocks in report mode. A rule that lets through
    /// refuses nobody.
    package var trials: [(label: String, about: Int, refused: [(peer: String, count: Int)])] {
        let rules = policy.rules.filter { rule in
            switch rule.ruling {
            case .allow: false
            case .deny, .hold: true
            }
        }
        let all =
            policy.requirements.map { ($0.label, $0.mode) }
            + policy.limits.map { ($0.label, $0.mode) } + rules.map { ($0.label, $0.mode) }
        var labels = all.filter { isReported($0.1) }.map(\.0)
        if isTriedOut {
            labels =
                found([Decider.unknown.name] + policy.lists.map(\.label) + Self.builtIn) + labels
                + found([Decider.fallback.name])
        }
        return labels.map { label in
            let refused = (against[label] ?? [:]).map { (peer: $0.key, count: $0.value) }
                .sorted { ($1.count, $0.peer) < ($0.count, $1.peer) }
            return (label, blocks[label] ?? 0, refused)
        }
    }

    /// Whether nothing is refused by the policy as a whole.
    var isTriedOut: Bool {
        switch policy.mode {
        case .report: true
        case .enforce: profile == .observe
        case .open: false
        }
    }

    /// Of these the ones that something was against.
    private func found(_ labels: [String]) -> [String] { labels.filter { against[$0] != nil } }

    private func isReported(_ mode: PolicyMode) -> Bool {
        switch (policy.mode, mode) {
        case (.report, .enforce), (.report, .report), (.enforce, .report): true
        case (.enforce, .enforce): profile == .observe
        case (_, .open), (.open, _): false
        }
    }

    private var labels: [String] {
        policy.lists.map(\.label) + policy.requirements.map(\.label) + policy.limits.map(\.label)
            + policy.rules.map(\.label)
    }

    private func isStillUnknown(_ name: String) -> Bool {
        switch seen(name).map({ policy.standing(of: $0.host, now: $0.last).word }) {
        case .unknown: true
        case .allow, .block, nil: false
        }
    }

    /// The entry that let a peer in until it ended.
    private func over(_ name: String) -> Standing.Over? {
        seen(name).flatMap { policy.endedAllowance(of: $0.host, now: $0.last) }
    }

    /// A peer, and when it came last: seconds.
    private func seen(_ name: String) -> (host: PeerHost, last: Int)? {
        guard let host = PeerHost(name), let last = peers[name]?.last else { return nil }
        return (host, last / 1000)
    }

    private static let builtIn = [Policy.advertisedKeysLabel, Policy.pingPongLabel]
    private static let limit = 20_000
    private static let others = "(others)"
}
