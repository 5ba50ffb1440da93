/// What changes in meaning from one policy to another.
package struct PolicyDifference: Sendable {
    /// Messages that the two judge differently, all in the same way.
    package struct Change: Sendable {
        /// What the old one says: `allow by rule:plumbing`.
        package let before: String
        package let after: String
        /// Whether they are let through by one of the two only; else only the answer differs.
        package let isOfAccess: Bool
        /// Which messages, in words; each line is one class of them. What holds of everything that the
        /// old or the new policy says so of is left out.
        package let messages: [String]
        /// One of them, as `given` of a test; nil when none could be shown.
        package let example: String?
    }

    /// What the two say of one block in plain English; of one that only one of them has, the other
    /// says nothing.
    package struct Wording: Sendable, Equatable {
        package let before: [String]
        package let after: [String]
    }

    /// The text that is different: blocks, settings, entries.
    package let edits: [PolicyEdit]
    /// By the labels of the edits; those are left out of which both say the same, as of a list with
    /// other entries.
    package let wordings: [String: Wording]
    package let changes: [Change]
    /// Why the changes are not all; nil when they are.
    package let doubt: String?

    package var isEmpty: Bool { edits.isEmpty && changes.isEmpty && doubt == nil }

    package init(
        from old: Policy, to new: Policy,
        progress: @escaping @Sendable (_ regions: Int) -> Void = { _ in }
    ) {
        let (old, new) = (old.asWritten, new.asWritten)
        edits = PolicyEdit.all(from: old, to: new)
        wordings = Self.wordings(of: edits, old, new)
        do throws(ProofLimit) {
            let named = PeerNames(in: old, new)
            let space = try MessageSpace([old, new], asked: [], named: named)
            var found = DifferingRegions()
            try Exploration([old, new], in: space, .answer, progress: progress)
                .visit(space.possible) {
                    (region, rulings) throws(ProofLimit) -> Exploration.Way in
                    found.add(region, rulings[0], rulings[1])
                    if found.count > Self.most {
                        throw ProofLimit("too many classes of messages differ")
                    }
                    return .on
                }
            let words = RegionWords(old, new, space, named)
            let all = found.pairs.map { pair in
                let regions = Region.joined(found.regions(of: pair))
                let usual = found.usual(for: pair)
                let example = regions.lazy.compactMap { space.message(in: $0) }.first
                return Change(
                    before: pair.before.words(unlike: pair.after),
                    after: pair.after.words(unlike: pair.before),
                    isOfAccess: (pair.before.action == .allow) != (pair.after.action == .allow),
                    messages: words.describe(regions, unlike: usual),
                    example: example.map { TestText.given($0.plain(for: old, new)) })
            }
            // What is let through or stopped comes before what is refused in other words.
            changes = all.filter(\.isOfAccess) + all.filter { !$0.isOfAccess }
            doubt = nil
        } catch {
            changes = []
            doubt = error.description
        }
    }

    private static func wordings(
        of edits: [PolicyEdit], _ old: Policy, _ new: Policy
    ) -> [String: Wording] {
        let (before, after) = (PolicySentences(old), PolicySentences(new))
        var wordings: [String: Wording] = [:]
        for label in edits.map(\.label) where before[label] != after[label] {
            wordings[label] = Wording(before: before[label], after: after[label])
        }
        return wordings
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
            for selector in policy.scopes.flatMap({ [$0.peers, $0.excepted] }).compactMap(\.self) {
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

/// The regions that two policies judge differently, by what each of them says.
private struct DifferingRegions {
    /// What the old policy says of a region, and what the new one.
    struct Pair: Hashable {
        let before: RegionJudge.Ruling
        let after: RegionJudge.Ruling
    }

    /// In the order in which they were found.
    private(set) var pairs: [Pair] = []
    private(set) var count = 0
    private var regions: [Pair: [Region]] = [:]
    /// All messages of which the old, or the new, policy says one thing, aspect by aspect.
    private var before: [RegionJudge.Ruling: Region] = [:]
    private var after: [RegionJudge.Ruling: Region] = [:]

    mutating func add(
        _ region: Region, _ before: RegionJudge.Ruling, _ after: RegionJudge.Ruling
    ) {
        let pair = Pair(before: before.plain(beside: after), after: after.plain(beside: before))
        let (old, new) = (before.plain(beside: before), after.plain(beside: after))
        self.before[old] = self.before[old]?.hull(with: region) ?? region
        self.after[new] = self.after[new]?.hull(with: region) ?? region
        guard before.told != after.told else { return }
        count += 1
        if regions[pair] == nil { pairs.append(pair) }
        regions[pair, default: []].append(region)
    }

    func regions(of pair: Pair) -> [Region] { regions[pair] ?? [] }

    /// What goes without saying.
    func usual(for pair: Pair) -> [Region] {
        [
            before[pair.before.plain(beside: pair.before)],
            after[pair.after.plain(beside: pair.after)],
        ]
        .compactMap(\.self)
    }
}

extension RegionJudge.Ruling {
    /// Without what is reported, where that is the same in another ruling.
    fileprivate func plain(beside other: RegionJudge.Ruling) -> RegionJudge.Ruling {
        guard would == other.would else { return self }
        var ruling = self
        ruling.would = []
        return ruling
    }

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

extension Region {
    /// The smallest region that has the messages of both.
    fileprivate func hull(with other: Region) -> Region {
        sets.indices.reduce(self) { hull, aspect in
            hull.replacing(aspect, with: sets[aspect].union(other.sets[aspect]))
        }
    }

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
