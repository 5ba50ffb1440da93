import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate policy test FILE --record ID`: a past decision of the journal as a `[[test]]`.
struct RecordedDecision {
    let id: String
    /// The journal's folder.
    let folder: String
    /// Opens the names of people; pseudonyms else.
    let people: JournalPeople

    /// Prints the test. Exits with 1 when there is no such decision, and when the policy decides
    /// otherwise now.
    ///
    /// Refused: what no policy decided, a guard's refusal above all, records that do not hold what the
    /// policy knew, and words of a peer that tests take for misspelt ones.
    func printTest(for policy: Policy, json: Bool) throws {
        let result: DecisionSearch.Result
        do { result = try DecisionSearch(JournalReader(folder), people).find(id) } catch {
            throw CommandFailure("\(error)")
        }
        guard case .found(let found) = result else {
            result.unread.forEach(Output.error)
            try Output.miss("there is no record of the decision \(id)", json)
        }
        let decision = found.decision
        guard decision.wasJudged, let facts = decision.facts,
            let action = decision.action.flatMap({ Verdict.Action(rawValue: $0.rawValue) })
        else {
            throw CommandFailure(
                "the decision \(id) was not one of the policy (\(decision.by)): no test can say it")
        }
        if let (word, meant) = facts.wordTakenForSlip {
            throw CommandFailure(
                "the message of the decision \(id) says \(quoted(word)), which a test takes for a "
                    + "misspelt \(quoted(meant)): no test can say it")
        }
        let isRefused = action != .allow
        let recorded = RecordedTest(
            id, facts,
            PolicyTest.Want(
                action: action, by: decision.by, code: isRefused ? decision.code : nil,
                status: isRefused ? decision.status : nil), policy)
        if json {
            Output.json(["test": .string(recorded.text), "kept": .bool(recorded.isKept)])
        } else {
            Output.text(recorded.text)
        }
        if !recorded.isKept { throw Exit.findings }
    }
}
