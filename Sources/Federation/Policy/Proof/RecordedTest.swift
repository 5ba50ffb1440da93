/// A past decision as a `[[test]]`, so that what was right once stays so.
package struct RecordedTest: Sendable {
    package let text: String
    /// Whether the policy decides like that now.
    package let isKept: Bool

    /// - Parameters:
    ///   - facts: the message, as it was known then.
    ///   - want: what was decided then.
    package init(_ id: String, _ facts: Facts, _ want: PolicyTest.Want, _ policy: Policy) {
        var want = want
        // Elsewhere the answer had a status of its own.
        if !facts.occasion.isAnsweredAsRuled { want.status = nil }
        let messages = Self.circumstances(facts, want, policy)
        let kept = messages.first { want.differences(from: policy.judge($0).verdict).isEmpty }
        let message = kept ?? SampleMessage(facts: facts, lists: [:], full: [])
        var comment = ["Decision \(id), \(TOMLInstant(start: facts.now, end: facts.now).written)."]
        if kept == nil {
            let now = policy.judge(message).verdict
            comment.append(
                "The policy now says \(now.action.rawValue) by \(now.by): this test fails.")
        }
        isKept = kept != nil
        text =
            TestText(
                name: "as decided in \(id)", facts: message.facts, lists: message.lists,
                over: message.full, want: want, comment: comment
            ).text
    }

    /// What may have been around the message: no record says who was on downloaded lists, and a limit
    /// that refused was full.
    private static func circumstances(
        _ facts: Facts, _ want: PolicyTest.Want, _ policy: Policy
    ) -> [SampleMessage] {
        let full = Set([policy.limit(thatSays: want.by)].compactMap { $0 })
        let plain = SampleMessage(facts: facts, lists: [:], full: full)
        guard let pattern = facts.peer.flatMap({ HostPattern($0.name) }) else { return [plain] }
        return [plain]
            + policy.lists.filter { $0.tier == .downloaded }.map { list in
                SampleMessage(
                    facts: facts, lists: [list.name: [ListEntry(pattern: pattern)]], full: full)
            }
    }
}
