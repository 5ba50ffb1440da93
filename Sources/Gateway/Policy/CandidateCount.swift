import Federation
import Synchronization

/// How often the candidate was asked, and how often it said something else than the policy.
final class CandidateCount: Sendable {
    private let judged = Atomic(0)
    private let differing = Atomic(0)
    private let told = Atomic(0)

    func note(differs: Bool) {
        judged.add(1, ordering: .relaxed)
        if differs { differing.add(1, ordering: .relaxed) }
    }

    /// The two numbers; nil when there is nothing new to tell.
    func news() -> (judged: Int, differing: Int)? {
        let judged = judged.load(ordering: .relaxed)
        guard told.exchange(judged, ordering: .relaxed) != judged else { return nil }
        return (judged, differing.load(ordering: .relaxed))
    }
}

/// What the candidate says of a message.
struct BesideVerdict: Sendable {
    let policy: String
    let verdict: Verdict
    /// Whether the message would have had another end: let through or not, with another code, status
    /// or other settings.
    let differs: Bool
    /// False where the end hangs on what the peer publishes, for which the policy in force had no reason to
    /// ask.
    let isCertain: Bool

    init(_ verdict: Verdict, on facts: Facts, of policy: Policy, beside live: Verdict) {
        self.policy = policy.hash
        self.verdict = verdict
        isCertain = !policy.hangsOnDocument(facts)
        differs =
            verdict.action != live.action || verdict.code != live.code
            || verdict.status != live.status || verdict.settings != live.settings
    }
}

extension JournalRecord {
    /// What the candidate says of it; nothing without one.
    mutating func note(_ beside: BesideVerdict?) {
        guard let beside else { return }
        candidate = Candidate(beside.verdict, of: beside.policy, isCertain: beside.isCertain)
        decision.candidate = DecisionRecord.Candidate(beside)
    }
}
