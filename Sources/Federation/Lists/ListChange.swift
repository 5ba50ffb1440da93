/// How two versions of a list differ in what they say of peers; notes do not count.
package struct ListChange: Sendable, Equatable {
    /// Patterns that only the new one has.
    package let added: [ListEntry]
    /// Patterns that only the old one has.
    package let removed: [ListEntry]
    /// Patterns whose end is another; each as it is in the new one.
    package let moved: [ListEntry]

    package init(from old: [ListEntry], to new: [ListEntry]) {
        let before = Self.ends(old)
        let after = Self.ends(new)
        var (added, moved): ([ListEntry], [ListEntry]) = ([], [])
        for entry in new {
            switch before[entry.pattern] {
            case nil: added.append(entry)
            case let end? where end != entry.until ?? .max: moved.append(entry)
            case _?: break
            }
        }
        self.added = added
        self.moved = moved
        removed = old.filter { after[$0.pattern] == nil }
    }

    package var isEmpty: Bool { count == 0 }
    /// How many patterns changed.
    package var count: Int { added.count + removed.count + moved.count }

    /// `3 added, 1 removed`.
    package var words: String {
        var parts: [String] = []
        if !added.isEmpty { parts.append("\(added.count) added") }
        if !removed.isEmpty { parts.append("\(removed.count) removed") }
        if !moved.isEmpty { parts.append("\(moved.count) with another end") }
        return parts.isEmpty ? "no change" : parts.joined(separator: ", ")
    }

    /// The end of each pattern, `Int.max` where there is none.
    static func ends(_ entries: [ListEntry]) -> [HostPattern: Int] {
        Dictionary(
            entries.map { ($0.pattern, $0.until ?? .max) }, uniquingKeysWith: { max($0, $1) })
    }
}
