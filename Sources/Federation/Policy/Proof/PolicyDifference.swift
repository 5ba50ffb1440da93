/// What changes in meaning from one policy to another.
package struct PolicyDifference: Sendable {
    /// Messages that the two judge differently, all in the same way.
    package struct Change: Sendable {
        /// What the old one says: `allow by rule:plumbing`.
        package let before: String
        package let after: String
        /// Which messages, in words; each line is one class of them.
        package let messages: [String]
        /// One of them, as `given` of a test; nil when none could be shown.
        package let example: String?
    }

    /// The text that is different: blocks, settings, entries.
    package let edits: [PolicyEdit]
    package let changes: [Change]
    /// Why the changes are not all; nil when they are.
    package let doubt: String?

    package var isEmpty: Bool { edits.isEmpty && changes.isEmpty && doubt == nil }

    package init(
        from old: Policy, to new: Policy,
        progress: @escaping @Sendable (_ regions: Int) -> Void = { _ in }
    ) {
        edits = PolicyEdit.all(from: old, to: new)
        var found: [[RegionJudge.Ruling]: [Region]] = [:]
        var order: [[RegionJudge.Ruling]] = []
        do throws(ProofLimit) {
            let named = PeerNames(in: old, new)
            let space = try MessageSpace([old, new], asked: [], named: named)
            var count = 0
            try Exploration([old, new], in: space, .answer, progress: progress)
                .visit(space.possible) {
                    (region, rulings) throws(ProofLimit) -> Exploration.Way in
                    guard rulings[0].told != rulings[1].told else { return .on }
                    count += 1
                    if count > Self.most { throw ProofLimit("too many classes of messages differ") }
                    if found[rulings] == nil { order.append(rulings) }
                    found[rulings, default: []].append(region)
                    return .on
                }
            let words = RegionWords(old, new, space, named)
            changes = order.map { rulings in
                let regions = Region.joined(found[rulings] ?? [])
                let example = regions.lazy.compactMap { space.message(in: $0) }.first
                return Change(
                    before: rulings[0].words(unlike: rulings[1]),
                    after: rulings[1].words(unlike: rulings[0]),
                    messages: regions.map(words.describe),
                    example: example.map { TestText.given($0.plain(for: old, new)) })
            }
            doubt = nil
        } catch {
            changes = []
            doubt = error.description
        }
    }

    /// Classes that differ; more would fill the memory and help nobody.
    private static let most = 50_000
}

extension PeerNames {
    /// Hosts and times that blocks name, and those of entries that only one of two policies has.
    fileprivate init(in old: Policy, _ new: Policy) {
        var patterns: Set<HostPattern> = []
        var instants: Set<Int> = []
        for policy in [old, new] {
            let scopes =
                policy.requirements.map(\.scope) + policy.limits.map(\.scope)
                + policy.rules.map(\.scope)
            for selector in scopes.flatMap({ [$0.peers, $0.excepted] }).compactMap(\.self) {
                patterns.formUnion(selector.patterns)
            }
        }
        for (one, other) in [(old, new), (new, old)] {
            for list in one.lists where list.tier == .own {
                let known = other.lists.first { $0.name == list.name }?.entries ?? []
                let keys = Set(known.map { "\($0.pattern) \($0.until ?? 0)" })
                let own = list.entries.filter { !keys.contains("\($0.pattern) \($0.until ?? 0)") }
                for entry in own.prefix(Self.most) {
                    patterns.insert(entry.pattern)
                    if let until = entry.until { instants.insert(until) }
                }
            }
        }
        self.init(
            patterns: patterns.sorted { $0.description < $1.description },
            instants: instants.sorted())
    }

    /// Of long lists only the first entries are told by name.
    private static let most = 20
}

extension RegionJudge.Ruling {
    /// What people and peers notice: a block of another name that does the same is no change.
    fileprivate var told: RegionJudge.Ruling {
        var ruling = self
        ruling.by = ""
        return ruling
    }

    /// `deny by require:signed (401 signature_required)`, with what else is not as in the other.
    fileprivate func words(unlike other: RegionJudge.Ruling) -> String {
        var words = "\(action.rawValue) by \(by)"
        if let code, let status { words += " (\(status) \(code))" }
        if hint != other.hint, action == other.action, code == other.code, status == other.status {
            words += ", hint \(quoted(hint ?? ""))"
        }
        if settings != other.settings, action == .allow, other.action == .allow {
            let set = settings.filter { !$0.isEmpty }
            words += set.isEmpty ? ", sets nothing" : ", sets \(set.joined(separator: " "))"
        }
        if would != other.would {
            words +=
                would.isEmpty
                ? ", reports nothing" : ", reports \(would.sorted().joined(separator: ", "))"
        }
        return words
    }
}

extension SampleMessage {
    /// The plainest form of a message that keeps what both policies say of it.
    fileprivate func plain(for old: Policy, _ new: Policy) -> SampleMessage {
        var message = self
        let wanted = (old.judge(message).verdict.told, new.judge(message).verdict.told)
        for change in SampleMessage.simplifications {
            let simpler = change(message)
            if (old.judge(simpler).verdict.told, new.judge(simpler).verdict.told) == wanted {
                message = simpler
            }
        }
        return message
    }
}

extension Verdict {
    fileprivate var told: [String] {
        [action.rawValue, by, code ?? "", status.map { String($0) } ?? ""] + would.sorted()
    }
}

extension Region {
    /// The same messages in as few regions as is easily found: regions that differ in one aspect
    /// only become one.
    static func joined(_ regions: [Region]) -> [Region] {
        var regions = regions
        guard let aspects = regions.first?.sets.indices else { return [] }
        var before = Int.max
        while regions.count < before {
            before = regions.count
            for aspect in aspects {
                var places: [Region: Int] = [:]
                var joined: [Region] = []
                for region in regions {
                    let set = region.sets[aspect]
                    let rest = region.replacing(aspect, with: set.subtracting(set))
                    if let place = places[rest] {
                        joined[place] = region.replacing(
                            aspect, with: joined[place].sets[aspect].union(set))
                    } else {
                        places[rest] = joined.count
                        joined.append(region)
                    }
                }
                regions = joined
            }
        }
        return regions
    }
}
