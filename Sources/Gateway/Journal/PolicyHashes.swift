import Federation

/// By what the journal names a policy in force: its text, and what its downloaded lists hold.
struct PolicyHashes: Sendable, Hashable {
    let text: String
    /// Nil when it has no downloaded lists.
    let lists: String?

    init(text: String, lists: String?) {
        self.text = text
        self.lists = lists
    }

    init(_ policy: Policy) { self.init(text: policy.hash, lists: policy.contentsHash) }

    /// Nil of a line that names none under `text`.
    private init?(_ line: JournalLine, _ text: String, _ lists: String) {
        guard let text = line.member(text)?.string else { return nil }
        self.init(text: text, lists: line.member(lists)?.string)
    }

    /// What was in force at the end of a journal; nil where no line names a policy.
    static func last(in reader: JournalReader) throws -> PolicyHashes? {
        for day in try reader.days().reversed() {
            // It is near the end, as a rule.
            for last in [Self.piece, nil] {
                var found: PolicyHashes?
                var replaced: Set<PolicyHashes> = []
                try reader.lines(of: [day], holding: [ByteNeedle("\"policy\":\"")], last: last) {
                    line, _ in
                    guard let named = PolicyHashes(line, "policy", "lists") else { return .goOn }
                    switch line.kind {
                    case .policy:
                        if let was = PolicyHashes(line, "was", "lists_were") {
                            replaced.insert(was)
                        }
                        replaced.remove(named)
                        found = named
                    // A message that began under the one before may end behind the line.
                    case .decision: if !replaced.contains(named) { found = named }
                    case _: break
                    }
                    return .goOn
                }
                if let found { return found }
            }
        }
        return nil
    }

    /// Bytes at the end of a file that are looked at first.
    private static let piece = 1 << 20
}
