/// What a list from elsewhere says, read whole.
package struct ListContents: Sendable, Equatable {
    /// Each pattern once.
    package internal(set) var entries: [ListEntry] = []
    /// What a directory service calls its federation.
    package internal(set) var title: String?
    /// Rows that are well formed and say nothing of who may federate, by reason.
    package internal(set) var leftOut: [String: Int] = [:]
    /// RFC 7638 thumbprint of the pinned key that signed; nil for a list without keys.
    package internal(set) var signer: String?
    /// When it was signed (`iat`), if the signature tells; Unix seconds.
    package internal(set) var issued: Int?
    /// From when its signature is over (`exp`), if that tells; Unix seconds.
    package internal(set) var end: Int?
    /// What its signature says that it is about (`sub`); nil when it says nothing.
    package internal(set) var subject: String?

    private var places: [HostPattern: Int] = [:]

    package init() {}

    /// What was read before, and kept: each pattern stands once there.
    package init(
        kept entries: [ListEntry], title: String?, leftOut: [String: Int], signer: String?,
        issued: Int?, subject: String?
    ) {
        self.entries = entries
        self.title = title
        self.leftOut = leftOut
        self.signer = signer
        self.issued = issued
        self.subject = subject
    }

    package static func == (left: ListContents, right: ListContents) -> Bool {
        left.entries == right.entries && left.title == right.title
            && left.leftOut == right.leftOut && left.signer == right.signer
            && left.issued == right.issued && left.end == right.end
            && left.subject == right.subject
    }

    /// Adds an entry; one that is there already is not added again.
    ///
    /// Refused: too many entries, a note that is too long, the same pattern with two ends: nobody
    /// knows which is meant.
    mutating func add(_ entry: ListEntry, at place: ListDefect.Place) throws(ListDefect) {
        if let note = entry.note, note.utf8.count > Self.longestNote {
            throw ListDefect("a note of more than \(Self.longestNote) bytes", at: place)
        }
        if let known = places[entry.pattern] {
            guard entries[known].until == entry.until else {
                throw ListDefect(
                    "\(quoted(entry.pattern.description)) stands here twice, with different ends",
                    at: place)
            }
            return
        }
        guard entries.count < Self.most else {
            throw ListDefect("more than \(Self.most) entries", at: place)
        }
        places[entry.pattern] = entries.count
        entries.append(entry)
    }

    mutating func leaveOut(_ reason: String) { leftOut[reason, default: 0] += 1 }

    /// Entries of one list.
    package static let most = 500_000
    /// Bytes of one list.
    package static let longest = 16 << 20
    /// Bytes.
    static let longestNote = 4096
}
