import Federation

/// By what the journal names a policy in force: its text, and what its downloaded lists hold.
struct PolicyHashes: Sendable, Equatable {
    let text: String
    /// Nil when it has no downloaded lists.
    let lists: String?

    init(_ policy: Policy) {
        text = policy.hash
        lists = policy.contentsHash
    }
}
