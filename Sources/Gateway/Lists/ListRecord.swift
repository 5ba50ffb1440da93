package import Federation

/// What is known of a downloaded list, as it lies beside its contents: `NAME.json`.
package struct ListRecord: Sendable, Codable, Equatable {
    /// A version of the list, in a file of its own.
    package struct Copy: Sendable, Codable, Equatable {
        /// SHA-256 of the file, in hex.
        package var hash: String
        /// Entries.
        package var count: Int
        /// Thumbprint of the key that signed it.
        package var signer: String?
        /// What it was taken as, where the policy names that (`subject`).
        package var subject: String?
        /// When it was fetched, Unix seconds.
        package var fetched: Int
    }

    /// What changes of a day are measured against.
    package struct Base: Sendable, Codable, Equatable {
        package var copy: Copy
        /// Days since 1970 (UTC).
        package var day: Int
    }

    /// Of this file.
    package var version = 1
    package var source: String
    package var format: String
    /// Blocks are read in another way than peers that are allowed.
    package var standing: String

    /// In force.
    package var live: Copy?
    /// Waits for a person.
    package var draft: Copy?
    package var waits: ListUpdate.Reason?
    /// What was in force when its day began, or what a person has put in force since.
    package var base: Base?

    /// Of the last answer that was read.
    package var etag: String?
    package var lastModified: String?
    /// What a directory service calls its federation.
    package var title: String?
    package var leftOut: [String: Int] = [:]
    /// The newest `iat`: nothing older is taken.
    package var issued: Int?
    /// From when the signature of what was fetched last is over; nil for one without an end, and for
    /// what an earlier version fetched.
    package var end: Int?
    /// What its newest signature said that it is about.
    package var subject: String?

    /// When its server last had something to say that could be used, Unix seconds.
    package var checked: Int?
    /// Since then.
    package var failures = 0
    package var failure: String?
    /// When it is asked again.
    package var next: Int?

    init(_ list: PeerList, _ download: PeerList.Download) {
        source = download.url
        format = download.format.rawValue
        standing = list.stance.rawValue
    }

    /// Whether it is about this list as the policy has it now.
    func isOf(_ list: PeerList, _ download: PeerList.Download) -> Bool {
        version == 1 && source == download.url && format == download.format.rawValue
            && standing == list.stance.rawValue
    }

    /// Whether a version may be used: of a list with keys, one that a key of now has signed, as what
    /// the policy names now.
    static func mayUse(_ copy: Copy, _ keys: [ListKey]?, as subject: String?) -> Bool {
        guard let keys else { return true }
        return keys.contains { $0.thumbprint == copy.signer }
            && (subject == nil || copy.subject == subject)
    }

    /// Whether what was fetched last would be taken if it came again now: neither its signature nor the
    /// key that made it is over.
    func isStillSigned(_ keys: [ListKey]?, now: Int) -> Bool {
        guard let keys else { return true }
        if let end, now >= end { return false }
        let signer = (draft ?? live)?.signer
        return keys.contains { $0.thumbprint == signer && $0.counts(at: now) }
    }

    mutating func succeeded(now: Int, next: Int) {
        checked = now
        failures = 0
        failure = nil
        self.next = next
    }

    /// What changes are measured against from now on: what is in force begins each day. What waits
    /// because its steps add up waits for a person, not for midnight.
    mutating func beginDay(now: Int) {
        guard let live else { return }
        let day = JournalDay(milliseconds: now * 1000).number
        if let base, base.day == day || waits == .addsUp { return }
        base = Base(copy: live, day: day)
    }

    /// A person has looked at what is in force.
    mutating func settle(now: Int) {
        base = live.map { Base(copy: $0, day: JournalDay(milliseconds: now * 1000).number) }
    }
}
