package import Federation

/// Everything that the journal keeps of one decision: what the log says of it, and what is needed to
/// judge the message again.
///
/// Made by the phases; ``JournalText`` is what is written of it, and ``JournalDecision`` what is read
/// of it later.
package struct JournalRecord: Sendable {
    package var decision: DecisionRecord
    /// What the policy knew of the message; of one that was refused before the policy was asked,
    /// what it says itself. Nil of what was never read.
    package var facts: Facts?
    /// All checks of the policy, in the order of judgement.
    package var checks: [Check] = []
    /// What the policy says that is judged beside the one in force.
    package var candidate: Candidate?
    /// The message's body without its secrets, when `journal.bodies` asks for it.
    package var body: JournalBody?

    /// The verdict of `policy.candidate`.
    package struct Candidate: Sendable, Equatable {
        /// The hash of that policy.
        package let policy: String
        package let action: Verdict.Action
        package let by: String
        package let code: String?
        package let would: [String]
        /// False where the end hangs on what the peer publishes, for which nobody asked.
        package let isCertain: Bool

        package init(_ verdict: Verdict, of policy: String, isCertain: Bool = true) {
            self.policy = policy
            action = verdict.action
            by = verdict.by
            code = verdict.code
            would = verdict.would
            self.isCertain = isCertain
        }

        package init(
            policy: String, action: Verdict.Action, by: String, code: String?, would: [String],
            isCertain: Bool = true
        ) {
            self.policy = policy
            self.action = action
            self.by = by
            self.code = code
            self.would = would
            self.isCertain = isCertain
        }

        /// What the log and the journal call what is not certain, as `policy replay` does.
        static let uncertain = PastJudge.Certainty.unknown.rawValue
    }

    package init(_ decision: DecisionRecord, facts: Facts? = nil) {
        self.decision = decision
        self.facts = facts
    }
}

extension DecisionRecord {
    /// What decisions without a line are counted by.
    var shortCode: String { code ?? by }
}
