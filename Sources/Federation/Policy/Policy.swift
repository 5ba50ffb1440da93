/// Who may federate, and on what terms: a policy file, read, checked and ready to judge.
///
/// Judging is pure: the same policy, facts and time give the same verdict.
package final class Policy: Sendable {
    /// What becomes of peers on no list.
    package enum Unknown: String, Sendable, CaseIterable {
        case deny
        case allow
        /// The message waits until a person has decided.
        case hold
    }

    /// What becomes of messages that no rule decides.
    package enum Default: String, Sendable, CaseIterable {
        case deny
        case allow
    }

    /// The file, as the operator named it.
    package let file: String
    package let name: String
    package let mode: PolicyMode
    /// For peers on no list.
    package let unknown: Unknown
    /// When no rule matches.
    package let fallback: Default
    /// Shown to peers that are refused.
    package let contact: String?
    package let lists: [PeerList]
    package let requirements: [Requirement]
    package let limits: [Limit]
    package let rules: [Rule]
    package let invariants: [Invariant]
    package let tests: [PolicyTest]
    /// SHA-256 over the canonical form, first 16 hex digits. Comments and the order of sets do not
    /// count, nor do tests, nor what downloaded lists hold; the order of rules does.
    package let hash: String

    /// What is in force of its downloaded lists, as the hash is made; nil without such lists, and in
    /// the policy as it is written.
    package let contentsHash: String?

    let index: ListIndex
    /// The lists that were never loaded, by their place.
    let unloaded: [Int]
    let refusals: StandingRefusals

    /// The refusals that belong to no block.
    struct StandingRefusals: Sendable {
        let blocked: Refusal
        let unknown: Refusal
        let nobody: Refusal
        let unsigned: Refusal
        let fallback: Refusal
        let pingPong: Refusal
        let listUnavailable: Refusal
    }

    /// - Parameters:
    ///   - hash: the one of the policy of which this is a trial; nil for a policy of its own.
    ///   - contents: the hash of what came into its lists.
    init(_ parts: PolicyParts, file: String, hash: String? = nil, contents: String? = nil) {
        self.file = file
        name = parts.name
        mode = parts.mode
        unknown = parts.unknown
        fallback = parts.fallback
        contact = parts.contact
        lists = parts.lists
        requirements = parts.requirements
        limits = parts.limits
        rules = parts.rules
        invariants = parts.invariants
        tests = parts.tests
        self.hash = hash ?? PolicyCanonicalForm(parts).hash
        contentsHash = contents
        index = ListIndex(parts.lists)
        unloaded = parts.lists.indices.filter { parts.lists[$0].loading == .notLoaded }
        refusals = StandingRefusals(
            blocked: parts.refusal(.peerBlocked),
            unknown: parts.unknown == .hold
                ? parts.refusal(.peerHeld, .hold) : parts.refusal(.peerUnknown),
            nobody: parts.refusal(.peerUnknown),
            unsigned: parts.refusal(.signatureRequired), fallback: parts.refusal(.notAllowed),
            pingPong: parts.refusal(.limitExceeded),
            listUnavailable: parts.refusal(.listUnavailable))
        self.parts = parts
    }

    let parts: PolicyParts

    /// The same policy with other entries in some of its lists, as tests want it; its hash is that
    /// of this one.
    func replacing(_ entries: [Int: [ListEntry]]) -> Policy {
        guard !entries.isEmpty else { return self }
        var parts = self.parts
        for (list, entries) in entries {
            parts.lists[list].entries = entries
            parts.lists[list].loading = .loaded
        }
        return Policy(parts, file: file, hash: hash)
    }
}

/// The blocks of a policy, as the reader finds them.
struct PolicyParts: Sendable {
    var name = ""
    var mode: PolicyMode = .enforce
    var unknown: Policy.Unknown = .deny
    var fallback: Policy.Default = .deny
    var contact: String?
    var lists: [PeerList] = []
    var requirements: [Requirement] = []
    var limits: [Limit] = []
    var rules: [Rule] = []
    var invariants: [Invariant] = []
    var tests: [PolicyTest] = []
    /// Where `mode`, `default` and `unknown` stand, those that are written.
    var places: [String: SourcePosition] = [:]

    /// A refusal whose hint also says whom to ask.
    func refusal(
        _ row: DenialCode, _ outcome: Refusal.Outcome = .deny, code: String? = nil,
        status: Int? = nil, hint: String? = nil
    ) -> Refusal {
        let text = hint ?? row.disclosed.hint
        let stop = text.hasSuffix(".") ? "" : "."
        let whole = contact.map { "\(text)\(stop) Contact: \($0)" } ?? text
        return Refusal(row, outcome, code: code, status: status, hint: whole, written: hint)
    }
}
