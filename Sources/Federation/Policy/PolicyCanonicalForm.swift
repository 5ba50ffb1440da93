internal import OpenSSL

/// A policy as text in which only what its file says counts of what is judged by, or shown to peers: comments,
/// tests, the order of keys and of sets do not; the order of blocks does. Hints that the program gives are no part
/// of it, so that another release, whose sentences are others, has the same hash.
struct PolicyCanonicalForm {
    private(set) var text = "ocmgate policy 1\n"

    init(_ parts: PolicyParts) {
        line(
            "policy",
            [
                parts.name, parts.mode.rawValue, parts.fallback.rawValue, parts.unknown.rawValue,
                parts.contact ?? "",
            ])
        for list in parts.lists.sorted(by: { $0.name < $1.name }) { add(list) }
        for block in parts.requirements {
            line("require", [block.name, block.mode.rawValue])
            add(block.scope, lists: parts.lists)
            let needs = zip(block.needs, block.refusals).map { "\($0.rawValue) \(words($1))" }
            line("need", needs.sorted())
        }
        for block in parts.limits { add(block, lists: parts.lists) }
        for block in parts.rules {
            line("rule", [block.name, block.mode.rawValue])
            add(block.scope, lists: parts.lists)
            switch block.ruling {
            case .allow(let settings):
                line("allow", settings.words)
            case .deny(let refusal):
                line("deny", [words(refusal)])
            case .hold(let refusal):
                line("hold", [words(refusal)])
            }
        }
    }

    /// One limit alone.
    init(_ limit: Limit, lists: [PeerList]) {
        text = ""
        add(limit, lists: lists)
    }

    private mutating func add(_ limit: Limit, lists: [PeerList]) {
        line("limit", [limit.name, limit.mode.rawValue, limit.per.rawValue])
        add(limit.scope, lists: lists)
        line("measure", limit.measure.words + [words(limit.refusal)])
    }

    private mutating func add(_ list: PeerList) {
        let firmness =
            switch list.firmness {
            case .ordinary: ""
            case .hard: "hard"
            }
        line("list", [list.name, list.stance.rawValue, list.tier.rawValue, firmness])
        if let download = list.download {
            line(
                "download",
                [
                    download.url, download.format.rawValue, download.apply.rawValue,
                    download.refresh.configured, download.maxChange.map { "\($0)%" } ?? "",
                ] + Set(download.namedKeys).sorted())
            if let subject = download.subject { line("subject", [subject]) }
        }
        // What a list is downloaded with is another's word, not the policy's.
        if list.download == nil { addEntries(of: list) }
    }

    /// What is in force of downloaded lists.
    init(contentsOf lists: [PeerList]) {
        text = "ocmgate lists 1\n"
        for list in lists.sorted(by: { $0.name < $1.name }) where list.download != nil {
            line("list", [list.name])
            switch list.loading {
            case .loaded: addEntries(of: list)
            case .notLoaded: line("not loaded", [])
            }
        }
    }

    private mutating func addEntries(of list: PeerList) {
        let entries = list.entries.map { entry in
            [entry.pattern.description, entry.until.map { String($0) } ?? "", entry.note ?? ""]
                .map(exactlyQuoted).joined(separator: " ")
        }
        for entry in Set(entries).sorted() { text += "entry \(entry)\n" }
    }

    private mutating func add(_ scope: BlockScope, lists: [PeerList]) {
        line("on", scope.occasions.occasions.map(\.description))
        if let peers = scope.peers { line("peer", words(peers, lists)) }
        if let excepted = scope.excepted { line("except", words(excepted, lists)) }
        for condition in scope.conditions { line("when \(condition.key)", condition.words) }
    }

    private func words(_ selector: PeerSelector, _ lists: [PeerList]) -> [String] {
        let names = selector.lists.map { "@\(lists[$0].name)" }
        return Set(names + selector.patterns.map(\.description)).sorted()
    }

    private func words(_ refusal: Refusal) -> String {
        [refusal.code, String(refusal.status), refusal.written ?? ""].map(exactlyQuoted)
            .joined(separator: " ")
    }

    private mutating func line(_ word: String, _ values: [String]) {
        text += word + values.map { " \(exactlyQuoted($0))" }.joined() + "\n"
    }
}

extension Condition {
    /// Its values as words, sorted: a list of values is a set.
    package var words: [String] {
        let words: [String] =
            switch self {
            case .shareType(let words), .resourceType(let words), .protocols(let words),
                .accessTypes(let words), .notificationType(let words):
                words
            case .permissions(let set), .permissionsNot(let set): set.words
            case .sizeMax(let limit): [String(limit)]
            case .owner(let globs), .sender(let globs), .recipient(let globs),
                .software(let globs):
                globs.map(\.description)
            case .net(let ranges): ranges.map(\.description)
            case .time(let windows): windows.map(\.description)
            }
        return Set(words).sorted()
    }
}

extension Limit.Measure {
    /// The kind, and its numbers.
    var words: [String] {
        switch self {
        case .rate(let rate, let burst): ["rate", rate.description, String(burst)]
        case .distinct(let fact, let rate): ["distinct", fact.rawValue, rate.description]
        case .bytes(let count, let period): ["bytes", "\(count)/\(Rate.words(period))"]
        case .concurrent(let count): ["concurrent", String(count)]
        }
    }
}

extension RuleSettings {
    /// Its values in the order of the language; empty for what is not set.
    var words: [String] {
        [tokenTTL?.configured ?? "", acceptSecret?.rawValue ?? "", bind?.rawValue ?? ""]
    }
}

extension PolicyCanonicalForm {
    /// The first 16 hex digits of SHA-256 over it.
    var hash: String {
        Hex.encode(Hash.sha256.digest(Array(text.utf8)).prefix(8))
    }
}
