/// The lists in words: who is admitted, who is refused, until when and why.
struct EnglishLists {
    let policy: Policy
    /// Longer lists are counted, not printed.
    let longest: Int
    /// Unix seconds, to say which entries are over; nil says it of none.
    let now: Int?

    var clauses: [PolicyEnglish.Clause] {
        let sorted = policy.lists.enumerated().sorted { left, right in
            let (a, b) = (rank(left.element), rank(right.element))
            return a == b ? left.offset < right.offset : a < b
        }
        return [order] + sorted.map { clause($0.element) } + [unknown, blocked].compactMap { $0 }
    }

    /// Hard ones first, then our own, then downloaded ones; of each the blocks first.
    private func rank(_ list: PeerList) -> Int {
        let firmness = list.firmness == .hard ? 0 : list.tier == .own ? 2 : 4
        return firmness + (list.stance == .block ? 0 : 1)
    }

    private var order: PolicyEnglish.Clause {
        var text = "Where two lists differ, "
        let hasHard = policy.lists.contains { $0.firmness == .hard }
        let hasDownloads = policy.lists.contains { $0.tier == .downloaded }
        if hasHard { text += "one that nothing overrules counts first" }
        if !hard(.block).isEmpty, !hard(.allow).isEmpty {
            text += ", and of two such ones that which refuses, however exact the other is"
        }
        if hasHard { text += "; then " }
        if hasDownloads { text += "our own list counts more than a downloaded one; then " }
        text += "the more exact entry counts; and of two equal ones that which blocks."
        return .init(text)
    }

    /// The lists of this standing that nothing overrules.
    private func hard(_ stance: PeerList.Stance) -> [PeerList] {
        policy.lists.filter { $0.firmness == .hard && $0.stance == stance }
    }

    /// What overrules a list that is hard; empty for all others.
    private func firmness(_ list: PeerList) -> String {
        guard list.firmness == .hard else { return "" }
        let firmer = list.stance == .allow ? hard(.block).map { EnglishWords.named($0.name) } : []
        return ", and no other list overrules it"
            + (firmer.isEmpty ? "" : " but \(EnglishWords.all(firmer))")
    }

    private func clause(_ list: PeerList) -> PolicyEnglish.Clause {
        let entries = list.entries
        let hard = firmness(list)
        var text =
            "The list \(EnglishWords.named(list.name)) "
            + (list.stance == .allow ? "admits" : "refuses")
        var items: [String] = []
        if let download = list.download {
            text += " the servers that it names\(hard). \(self.download(download, list.stance))"
        } else if entries.isEmpty {
            text += " nobody: it is empty\(hard)."
        } else if entries.count > longest {
            text += " \(entries.count) servers, written in \(list.source ?? policy.file)\(hard)."
        } else {
            text += list.source.map { " (from the file \($0))" } ?? ""
            text += "\(hard):"
            items = entries.map(item)
        }
        return .init(text, items: items, block: list.label, position: list.position)
    }

    private func download(_ download: PeerList.Download, _ stance: PeerList.Stance) -> String {
        var text =
            "It is downloaded every \(EnglishWords.time(download.refresh)) from \(download.url)"
        text +=
            download.keys.isEmpty
            ? ", and not signed. "
            : ", and taken only when signed with \(EnglishWords.any(download.namedKeys))"
                + (download.subject.map { " as the list \(EnglishWords.named($0))" } ?? "") + ". "
        switch download.apply {
        case .all: text += "What changes in it counts at once."
        case .additions: text += "What is added counts at once; what is removed waits for a person."
        case .drafts: text += "What changes in it waits for a person."
        }
        if let most = download.maxChange {
            text +=
                " A change of more than \(most)% of it, at once or in the steps of a day, waits for "
                + "a person."
        }
        return text + " Until it was loaded once, "
            + (stance == .allow ? "it admits nobody." : "whom it could refuse has to wait.")
    }

    private func item(_ entry: ListEntry) -> String {
        var text = EnglishScope.host(entry.pattern)
        if let until = entry.until { text += ", \(EnglishWords.last(until))" }
        if isOver(entry) { text += " (which is over: it no longer counts)" }
        if let note = entry.note { text += " – \(note)" }
        return text
    }

    private var unknown: PolicyEnglish.Clause {
        let block = Decider.unknown.name
        let refusal = EnglishRefusal(policy)
        let text =
            switch policy.unknown {
            case .allow: "A server on no list is admitted like one on a list."
            case .deny:
                "A server on no list is refused, and nothing is fetched from it. "
                    + refusal.text(policy.refusals.unknown)
            case .hold:
                "The messages of a server on no list wait until a person has decided about it. "
                    + refusal.text(policy.refusals.unknown)
            }
        return .init(text, block: block, position: policy.place(of: block)?.position)
    }

    private var blocked: PolicyEnglish.Clause? {
        guard policy.lists.contains(where: { $0.stance == .block }) else { return nil }
        return .init(
            "A server that a list refuses: nothing is fetched from it. "
                + EnglishRefusal(policy).text(policy.refusals.blocked))
    }

    private func isOver(_ entry: ListEntry) -> Bool { now.map(entry.hasEnded) ?? false }

    /// The days on which an entry ends, in their order.
    var endings: [PolicyEnglish.Clause] {
        let ends = policy.lists.filter { $0.entries.count <= longest }.flatMap { list in
            list.entries.compactMap { entry in
                entry.until.map { (until: $0, entry: entry, list: list) }
            }
        }
        return ends.sorted { $0.until < $1.until }.map { end in
            let effect = end.list.stance == .allow ? "no longer admitted" : "no longer refused"
            let note =
                (end.entry.note.map { " (\($0))" } ?? "")
                + (isOver(end.entry) ? ": that is so now" : "")
            return .init(
                "After \(EnglishWords.moment(end.until)), \(EnglishScope.host(end.entry.pattern)) is "
                    + "\(effect) by the list \(EnglishWords.named(end.list.name))\(note).",
                block: end.list.label, position: end.entry.position)
        }
    }
}
