package import Federation

/// A decision as it was read back from the journal.
package struct JournalDecision: Sendable {
    package let object: JSONObject
    private let people: JournalPeople

    /// Nil for lines of another kind, and for what cannot be read.
    package init?(_ line: JournalLine, _ people: JournalPeople = .pseudonyms) {
        guard line.kind == .decision, let object = line.object else { return nil }
        self.init(object, people)
    }

    /// What a line says that is a decision.
    package init(_ object: JSONObject, _ people: JournalPeople) {
        self.object = object
        self.people = people
    }

    package var id: String { text("decision") ?? "" }
    /// Milliseconds since 1970.
    package var time: Int { text("at").flatMap { Timestamp.milliseconds($0) } ?? 0 }
    /// `shares`, `notifications`, `token`, `webdav`, …
    package var kind: String { text("kind") ?? "" }
    /// `in` or `out`.
    package var direction: String { text("direction") ?? "" }
    package var action: DecisionRecord.Action? {
        text("action").flatMap { DecisionRecord.Action(rawValue: $0) }
    }
    /// The block of the policy that decided, or the guard.
    package var by: String { text("by") ?? "" }
    /// In which way its signature was wrong; nil for one that was not.
    package var signatureFault: SignatureFault? {
        object["signature"]?.object?["result"]?.string.flatMap(SignatureFault.init(rawValue:))
    }
    /// `file:line` of that block when it decided.
    package var place: String? { text("place") }
    package var code: String? { text("code") }
    package var detail: String? { text("detail") }
    package var status: Int { number("status") ?? 0 }
    package var peer: String? { text("peer") }
    package var claimed: String? { text("claimed") }
    package var standing: String? { text("standing") }
    /// The client's address, or its pseudonym.
    package var client: String? { object["client"].flatMap(people.text) }
    /// The policy that was in force.
    package var policy: String? { text("policy") }
    package var would: [String] { texts("would") }
    package var altered: [String] { texts("altered") }
    package var backendStatus: Int? { number("backend_status") }
    package var peerStatus: Int? { number("peer_status") }
    /// Keyed fingerprints.
    package var secrets: [String] { texts("secrets") }

    /// Every check of the policy, in the order of judgement.
    package var checks: [DecisionRecord.Check] {
        (object["checks"]?.array ?? []).compactMap { value in
            guard let check = value.object, let name = check["name"]?.string,
                let result = check["result"]?.string
            else { return nil }
            return DecisionRecord.Check(name: name, result: result, reason: check["reason"]?.string)
        }
    }

    package var candidate: JournalRecord.Candidate? {
        guard let candidate = object["candidate"]?.object,
            let policy = candidate["policy"]?.string,
            let action = candidate["action"]?.string.flatMap({ Verdict.Action(rawValue: $0) }),
            let by = candidate["by"]?.string
        else { return nil }
        return JournalRecord.Candidate(
            policy: policy, action: action, by: by, code: candidate["code"]?.string,
            would: candidate["would"]?.array?.compactMap(\.string) ?? [],
            isCertain: candidate["certainty"]?.string != JournalRecord.Candidate.uncertain)
    }

    /// What the policy knew of the message; people as their pseudonyms where they are not opened.
    package var facts: Facts? {
        object["facts"]?.object.flatMap { JournalFacts.read($0, client: client, people) }
    }

    /// Whether the policy decided: a guard's refusal stays one under every policy.
    package var wasJudged: Bool { facts != nil && !Decider.isGuard(by) }

    /// `now`, `peer` and the other words of `given`, without reading the rest of the line: for
    /// those who judge a million of them.
    package static func facts(of members: JournalMembers, _ people: JournalPeople) -> Facts? {
        guard let facts = members["facts"]?.object else { return nil }
        return JournalFacts.read(facts, client: members["client"].flatMap(people.text), people)
    }

    private func text(_ name: String) -> String? { object[name]?.string }

    private func number(_ name: String) -> Int? { object[name]?.number?.integer }

    private func texts(_ name: String) -> [String] {
        object[name]?.array?.compactMap(\.string) ?? []
    }
}
