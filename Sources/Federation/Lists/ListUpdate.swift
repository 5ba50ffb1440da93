/// What becomes of a list when a new version of it was fetched and read: what is in force from now
/// on, and what waits for a person.
package struct ListUpdate: Sendable, Equatable {
    /// Why a version, or a part of it, is not in force by itself.
    package enum Reason: String, Sendable, Codable {
        /// `apply = "drafts"`.
        case drafts
        /// `apply = "additions"`: entries are gone, or end sooner.
        case removals
        /// More changed than `max_change` lets through.
        case tooLarge = "too-large"
        /// So much changed since the day began, in steps of which each was small enough.
        case addsUp = "adds-up"
        /// Nothing is left of a list that had entries. No publisher means that, and of a block list it
        /// would let everybody in.
        case emptied
        /// A pattern for more than one host is new in a list that allows: one entry, and no part of
        /// the list says how many it lets in.
        case wide

        /// Whether somebody has to look at it now.
        package var isAlarm: Bool {
            switch self {
            case .drafts, .removals: false
            case .tooLarge, .addsUp, .emptied, .wide: true
            }
        }
    }

    /// In force; nil while nothing ever was.
    package let live: [ListEntry]?
    /// Whether the new version waits, and why.
    package let waits: Reason?
    /// From what was in force to the new version.
    package let change: ListChange

    /// - Parameters:
    ///   - stance: of the list.
    ///   - known: what is in force; nil when the list was never loaded.
    ///   - base: what was in force when the day began, if that was something else.
    ///   - most: of `max_change`, in percent of the entries known, and of those of `base`; nil for any
    ///     change.
    package init(
        of stance: PeerList.Stance, from known: [ListEntry]?, since base: [ListEntry]? = nil,
        to new: [ListEntry], _ apply: PeerList.Apply, most: Int?
    ) {
        change = ListChange(from: known ?? [], to: new)
        guard let known else {
            // A first version is no change of anything.
            waits = apply == .drafts ? .drafts : nil
            live = apply == .drafts ? nil : new
            return
        }
        guard !change.isEmpty else {
            (live, waits) = (new, nil)
            return
        }
        if new.isEmpty {
            (live, waits) = (known, .emptied)
        } else if let most, Self.isOver(most, change, of: known) {
            (live, waits) = (known, .tooLarge)
        } else if let most, let base, Self.isOver(most, ListChange(from: base, to: new), of: base) {
            (live, waits) = (known, .addsUp)
        } else if stance == .allow, change.added.contains(where: { $0.pattern.scope != .host }) {
            (live, waits) = (known, .wide)
        } else {
            switch apply {
            case .all: (live, waits) = (new, nil)
            case .drafts: (live, waits) = (known, .drafts)
            case .additions:
                let both = Self.union(known, new)
                live = both
                waits = ListChange(from: both, to: new).isEmpty ? nil : .removals
            }
        }
    }

    private static func isOver(_ most: Int, _ change: ListChange, of known: [ListEntry]) -> Bool {
        change.count * 100 > most * known.count
    }

    /// What either version says: all patterns, each until the later of its ends.
    private static func union(_ known: [ListEntry], _ new: [ListEntry]) -> [ListEntry] {
        let ends = ListChange.ends(known)
        let fresh = Set(new.map(\.pattern))
        return new.map { entry in
            let end = max(entry.until ?? .max, ends[entry.pattern] ?? .min)
            return ListEntry(
                pattern: entry.pattern, until: end == .max ? nil : end, note: entry.note)
        } + known.filter { !fresh.contains($0.pattern) }
    }
}
