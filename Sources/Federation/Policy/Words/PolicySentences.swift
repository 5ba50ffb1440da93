/// What a policy says of a block or a setting, in the sentences of `policy english`, for whoever
/// compares two policies.
struct PolicySentences {
    private let sentences: [String: [String]]

    init(_ policy: Policy) {
        let blocks = EnglishBlocks(policy)
        let lists = EnglishLists(policy: policy, longest: .max, now: nil)
        let clauses = lists.clauses + blocks.requirements + blocks.limits + blocks.rules
        var sentences = ["mode": [PolicyEnglish.effect(of: policy.mode)]]
        for clause in clauses {
            if let block = clause.block { sentences[block, default: []].append(clause.text) }
        }
        self.sentences = sentences
    }

    /// The sentences of a block, by its label; none for what is not there, and for what no sentence
    /// is about.
    subscript(label: String) -> [String] { sentences[label] ?? [] }
}
