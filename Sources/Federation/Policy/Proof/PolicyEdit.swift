/// A difference in the text of two policies, where comments, order of keys and of sets do not count.
package struct PolicyEdit: Sendable, Equatable {
    /// `rule:no ssh`, `list:partners`, `default`.
    package let label: String
    /// Lines that are gone.
    package let removed: [String]
    package let added: [String]

    /// - Returns: settings, then blocks in the order of the old policy, then what is new, then what
    ///   has moved.
    static func all(from old: Policy, to new: Policy) -> [PolicyEdit] {
        let (before, after) = (old.lines, new.lines)
        let known = Set(before.map(\.label))
        let left = Dictionary(before.map { ($0.label, $0.lines) }) { first, _ in first }
        let right = Dictionary(after.map { ($0.label, $0.lines) }) { first, _ in first }
        let labels = before.map(\.label) + after.map(\.label).filter { !known.contains($0) }
        let edits = labels.compactMap { label -> PolicyEdit? in
            let (old, new) = (left[label] ?? [], right[label] ?? [])
            guard old != new else { return nil }
            let (oldSet, newSet) = (Set(old), Set(new))
            return PolicyEdit(
                label: label, removed: old.filter { !newSet.contains($0) },
                added: new.filter { !oldSet.contains($0) })
        }
        let moved = [
            (old.requirements.map(\.label), new.requirements.map(\.label)),
            (old.limits.map(\.label), new.limits.map(\.label)),
            (old.rules.map(\.label), new.rules.map(\.label)),
        ].compactMap { before, after -> PolicyEdit? in
            let (old, new) = (before.filter(after.contains), after.filter(before.contains))
            guard old != new else { return nil }
            return PolicyEdit(label: "order", removed: old, added: new)
        }
        return edits + moved
    }
}

extension Policy {
    /// The canonical form, block by block.
    fileprivate var lines: [(label: String, lines: [String])] {
        let settings: [(String, [String])] = [
            ("name", [name]), ("mode", [mode.rawValue]), ("default", [fallback.rawValue]),
            ("unknown", [unknown.rawValue]), ("contact", contact.map { [$0] } ?? []),
        ]
        return settings
            + lists.map { list in
                let lines = lines(beside: []) { $0.lists = [list.emptied] }
                return (list.label, lines + Set(list.entries.map(\.line)).sorted())
            }
            + requirements.map { block in (block.label, lines { $0.requirements = [block] }) }
            + limits.map { block in (block.label, lines { $0.limits = [block] }) }
            + rules.map { block in (block.label, lines { $0.rules = [block] }) }
    }

    /// The lines of a block: what is left of a policy of nothing else without those of an empty one.
    /// Blocks need the lists that they name.
    private func lines(
        beside lists: [PeerList]? = nil, _ fill: (inout PolicyParts) -> Void
    ) -> [String] {
        var empty = PolicyParts()
        empty.lists = lists ?? self.lists.map(\.emptied)
        var parts = empty
        fill(&parts)
        return Array(Self.lines(of: parts).dropFirst(Self.lines(of: empty).count))
    }

    private static func lines(of parts: PolicyParts) -> [String] {
        PolicyCanonicalForm(parts).text.split(separator: "\n").map { String($0) }
    }
}

extension ListEntry {
    /// The entry with its end as it is written in the file: the last day that counts.
    fileprivate var line: String {
        var words = [quoted(pattern.description)]
        if let until { words.append("until \(ListDate.text(until))") }
        if let note { words.append("note \(quoted(note))") }
        return words.joined(separator: ", ")
    }
}
