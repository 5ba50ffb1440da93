/// A list of peers with the standing that it gives them.
package struct PeerList: Sendable {
    /// What a list says of those on it.
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
    package internal(set) var stance: Stance
    package internal(set) var tier: Tier
    package internal(set) var firmness: Firmness
    package var entries: [ListEntry]
    /// Whether its entries are there.
    package var loading = Loading.loaded
    /// The file that the entries come from, as written; nil when they stand in the policy itself,
    /// or come from elsewhere.
    package let source: String?
    /// From where and how it is fetched; nil for own lists.
    package internal(set) var download: Download?
    package let position: SourcePosition

    /// Whether the entries of a list are known. In a policy as it is written, where downloaded
    /// lists are empty, all are: that is what tests and proofs are about.
    package enum Loading: Sendable {
        case loaded
        /// Downloaded, and never fetched: anything may be in it. As long as that is so, peers that
        /// it could block are told to come back, it admits nobody, and where being on it would
        /// take something from a peer, every peer is taken to be on it.
        case notLoaded
    }

    /// How a downloaded list is kept up to date.
    package struct Download: Sendable, Equatable {
        /// `https://…`
        package let url: String
        package let format: ListFormat
        /// Files of the keys that its signature is verified with, resolved against the policy's folder;
        /// empty: it is not signed.
        package let keys: [String]
        /// The same as they are written: what the policy says does not hang on where it lies.
        package let namedKeys: [String]
        /// What its signature has to be about; nil: the URL, where it says anything.
        package let subject: String?
        /// How often it is fetched.
        package let refresh: Duration
        package let apply: Apply
        /// The part of the entries, in percent of those known, that may change at once; more waits
        /// for a person. Nil: all of them.
        package let maxChange: Int?

        /// What its signature has to be about.
        package var purpose: ListPurpose { subject.map { .named($0) } ?? .url(url) }

        package static let usualRefresh = Duration.seconds(6 * 3_600)
    }

    /// What of a fetched list takes effect by itself.
    package enum Apply: String, Sendable, CaseIterable {
        case all
        /// New entries do; those that are gone wait for a person.
        case additions
        /// Everything waits for a person.
        case drafts
    }

    /// Whether membership means that a directory service vouches for the peer.
    package var isDirectory: Bool { stance == .allow && download?.format == .directory }

    /// `list:NAME`, as verdicts name it.
    package var label: String { Decider.list(name).name }
}

/// One entry of a list: the hosts that it is about, and until when it counts.
package struct ListEntry: Sendable, Equatable {
    package internal(set) var pattern: HostPattern
    /// The first second in which it no longer counts.
    package internal(set) var until: Int?
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

    /// Whether it no longer counts.
    package func hasEnded(_ now: Int) -> Bool { until.map { $0 <= now } ?? false }
}
