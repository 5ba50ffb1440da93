// Blocks with one thing changed, as mutants want them.

extension Requirement {
    func with(
        scope: BlockScope? = nil, mode: PolicyMode? = nil, refusals: [Refusal]? = nil
    ) -> Requirement {
        Requirement(
            name: name, scope: scope ?? self.scope, mode: mode ?? self.mode, needs: needs,
            refusals: refusals ?? self.refusals, label: label, position: position)
    }

    func without(_ need: Need) -> Requirement {
        let kept = needs.indices.filter { needs[$0] != need }
        return Requirement(
            name: name, scope: scope, mode: mode, needs: kept.map { needs[$0] },
            refusals: kept.map { refusals[$0] }, label: label, position: position)
    }
}

extension Limit {
    func with(
        scope: BlockScope? = nil, mode: PolicyMode? = nil, refusal: Refusal? = nil
    ) -> Limit {
        Limit(
            name: name, scope: scope ?? self.scope, mode: mode ?? self.mode, measure: measure,
            per: per, refusal: refusal ?? self.refusal, label: label, position: position)
    }
}

extension Rule {
    func with(
        scope: BlockScope? = nil, mode: PolicyMode? = nil, ruling: Ruling? = nil
    ) -> Rule {
        Rule(
            name: name, scope: scope ?? self.scope, mode: mode ?? self.mode,
            ruling: ruling ?? self.ruling, label: label, position: position)
    }
}

extension Rule.Ruling {
    /// `allow`, `deny` or `hold`.
    var word: String {
        switch self {
        case .allow: Verdict.Action.allow.rawValue
        case .deny: Verdict.Action.deny.rawValue
        case .hold: Verdict.Action.hold.rawValue
        }
    }

    var refusal: Refusal? {
        switch self {
        case .allow: nil
        case .deny(let refusal), .hold(let refusal): refusal
        }
    }

    /// The same with other words.
    func with(_ refusal: Refusal) -> Rule.Ruling {
        switch self {
        case .allow: self
        case .deny: .deny(refusal)
        case .hold: .hold(refusal)
        }
    }
}

extension PeerList {
    func with(
        stance: Stance? = nil, firmness: Firmness? = nil, entries: [ListEntry]? = nil
    ) -> PeerList {
        PeerList(
            name: name, stance: stance ?? self.stance, tier: tier,
            firmness: firmness ?? self.firmness, entries: entries ?? self.entries, source: source,
            download: download, position: position)
    }

    /// The same as an own list: what it holds is what stands in it.
    var known: PeerList {
        PeerList(
            name: name, stance: stance, tier: .own, firmness: firmness, entries: entries,
            source: source, download: nil, position: position)
    }
}

extension ListEntry {
    func with(pattern: HostPattern) -> ListEntry {
        ListEntry(pattern: pattern, until: until, note: note, position: position)
    }

    var withoutEnd: ListEntry {
        ListEntry(pattern: pattern, until: nil, note: note, position: position)
    }
}

extension HostPattern {
    /// The same name with more or less around it.
    var neighbours: [HostPattern] {
        let port = self.port.map { ":\($0)" } ?? ""
        let texts: [String] =
            switch scope {
            case .host: [".\(name)\(port)"]
            case .below: [".\(name)\(port)", "\(name)\(port)"]
            case .hostAndBelow: ["\(name)\(port)", "*.\(name)\(port)"]
            }
        return texts.compactMap { HostPattern($0) }
    }
}

extension PolicyTest {
    /// The same without entries for one of the lists.
    func without(list: Int) -> PolicyTest {
        var lists = self.lists
        lists[list] = nil
        return PolicyTest(
            name: name, file: file, position: position, facts: facts, lists: lists, over: over,
            want: want)
    }
}
