/// A list of peers with the standing that it gives them.
package struct PeerList: Sendable {
    package enum Stance: String, Sendable, CaseIterable {
        case allow
        case block
    }

    /// Who wrote it; own lists beat downloaded ones.
    package enum Tier: String, Sendable, CaseIterable {
        case own
        case downloaded
    }

    /// Whether other lists may say otherwise.
    package enum Firmness: Sendable {
        case ordinary
        /// `hard = true`: nothing overrides it.
        case hard
    }

    package let name: String
    package let stance: Stance
    package let tier: Tier
    package let firmness: Firmness
    package var entries: [ListEntry]
    /// The file that the entries come from, as written; nil when they stand in the policy itself.
    package let source: String?
    package let position: SourcePosition

    /// `list:NAME`, as verdicts name it.
    package var label: String { "list:\(name)" }
}

/// One entry of a list.
package struct ListEntry: Sendable, Equatable {
    package let pattern: HostPattern
    /// The first second in which it no longer counts.
    package let until: Int?
    /// For people; nothing is decided by it.
    package let note: String?
    /// Where it stands, in the policy or in the file that the list comes from.
    package let position: SourcePosition?

    package init(
        pattern: HostPattern, until: Int? = nil, note: String? = nil,
        position: SourcePosition? = nil
    ) {
        self.pattern = pattern
        self.until = until
        self.note = note
        self.position = position
    }
}
