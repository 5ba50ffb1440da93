/// Downloaded lists come into a policy from outside: as it is written, they are empty.
extension Policy {
    /// The policy with these entries in its downloaded lists, by name; nil for one that was never
    /// loaded, as for one that is not among them.
    package func taking(_ contents: [String: [ListEntry]?]) -> Policy {
        guard lists.contains(where: { $0.download != nil }) else { return self }
        var parts = self.parts
        for place in parts.lists.indices where parts.lists[place].download != nil {
            let entries = contents[parts.lists[place].name] ?? nil
            parts.lists[place].entries = entries ?? []
            parts.lists[place].loading = entries == nil ? .notLoaded : .loaded
        }
        return Policy(
            parts, file: file, hash: hash,
            contents: PolicyCanonicalForm(contentsOf: parts.lists).hash)
    }

    /// Whether each list that another policy downloads from the same place under the same name holds the
    /// same there.
    package func holdsDownloads(of other: Policy) -> Bool {
        lists.allSatisfy { list in
            let twin = other.lists.first {
                $0.name == list.name && $0.download != nil && $0.download?.url == list.download?.url
            }
            guard let twin else { return true }
            return PolicyCanonicalForm(contentsOf: [list]).text
                == PolicyCanonicalForm(contentsOf: [twin]).text
        }
    }

    /// The policy before anything came into it from outside.
    var asWritten: Policy {
        let filled = lists.indices.filter { place in
            lists[place].download != nil
                && (!lists[place].entries.isEmpty || lists[place].loading == .notLoaded)
        }
        return replacing(Dictionary(uniqueKeysWithValues: filled.map { ($0, []) }))
    }

    /// A list of blocks that was never loaded and could refuse a peer whose standing comes from
    /// `list` (nil: from none). Then nobody can say that the peer may come in.
    ///
    /// A peer that is blocked, or unknown where that is refused for good, is refused all the same;
    /// an entry of one's own stands against all but hard blocks.
    func unloadedBlock(beating list: PeerList?) -> PeerList? {
        guard !unloaded.isEmpty else { return nil }
        if let list, list.stance == .block { return nil }
        if list == nil, unknown == .deny { return nil }
        return unloaded.lazy.map { self.lists[$0] }.first { block in
            guard block.stance == .block else { return false }
            switch block.firmness {
            case .hard: return true
            case .ordinary:
                return list.map { $0.firmness == .ordinary && $0.tier == .downloaded } ?? true
            }
        }
    }
}
