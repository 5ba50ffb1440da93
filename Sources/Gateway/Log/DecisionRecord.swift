package import Federation
import Logging

/// Everything the log says of one decision, made once a message has been answered.
///
/// Texts of the peer are escaped and cut when written; secrets come as keyed fingerprints only.
package struct DecisionRecord: Sendable {
    /// What became of the message.
    package enum Action: String, Sendable, CaseIterable {
        case allow, deny, hold
        /// We failed: the store, the backend, too much to do.
        case fail
    }

    /// What is known of the message's signature.
    package struct Signature: Sendable {
        /// `none`, `cavage`, `rfc9421-label`, `rfc9421-tag`; `unread` before anybody looked for one.
        package var generation: String
        package var keyID: String?
        package var algorithm: String?
        package var covered: [String] = []
        /// Unix seconds, as the signature says.
        package var created: Int?
        /// Seconds from `created` to our clock.
        package var offset: Int?
        /// `verified`, `absent`, `unchecked`, or the way in which it is wrong; `made` by us.
        package var result: String

        /// Of a message that came in, and may have one.
        static let unread = Signature(generation: "unread", result: "unchecked")
        /// Of a message that goes out, and has none yet.
        static let unmade = Signature(generation: "none", result: "unchecked")
    }

    /// The client certificate of the connection, which a `client_ca` certifies.
    package struct Certificate: Sendable, Equatable {
        /// The host names that it is for, the first of them.
        package let names: [String]
        /// SHA-256 of its DER, in lower-case hexadecimal.
        package let fingerprint: String
    }

    /// One check and how it came out.
    package struct Check: Sendable {
        package let name: String
        package let result: String
        package let reason: String?
    }

    /// What `policy.candidate` says of it.
    package struct Candidate: Sendable {
        /// The hash of that policy.
        package let policy: String
        package let action: String
        package let by: String
        package let code: String?
        /// `unknown` where the end hangs on what nobody asked the peer for; else nil.
        package var certainty: String?
    }

    package var id: String
    /// `shares`, `notifications`, `invite-accepted`, `request-share`, `token`, `ocs`, …
    package var kind: String
    package var direction: Direction
    package var action: Action
    /// The guard or block of the policy that decided.
    package var by: String
    /// `file:line` of that block, or of the entry of the list that refused.
    package var place: String?
    package var code: String?
    package var detail: String?
    /// What another server said, in its words; for the log alone.
    package var words: String?
    /// What we answered; 0 where that is not known yet.
    package var status: Int

    /// The verified peer; of an unsigned or wrong message only `claimed` is there. Of a message that
    /// goes out, the one it is for.
    package var peer: String?
    package var claimed: String?
    package var standing: String?
    /// The address that the message came from.
    package var client: String
    package var certificate: Certificate?
    /// Of a request for shared data.
    package var method: String?
    package var signature: Signature?

    package var shareType: String?
    package var resourceType: String?
    package var protocols: [String] = []
    package var permissions: [String] = []
    package var requirements: [String] = []
    package var providerID: String?
    package var notificationType: String?
    /// The registry's number of the share.
    package var share: String?
    /// Keyed fingerprints of the message's secrets, in its order.
    package var fingerprints: [String] = []

    /// Hash of the policy's canonical form.
    package var policy: String?
    /// What was in force of its downloaded lists: their hash.
    package var lists: String?
    package var checks: [Check] = []
    /// What would have refused the message, and was let pass by report mode or by the profile.
    package var would: [String] = []
    /// What the candidate says, where it says something else.
    package var candidate: Candidate?
    package var altered: [String] = []
    package var backendStatus: Int?
    /// What the peer answered to a message that went out.
    package var peerStatus: Int?
    /// Microseconds, by phase.
    package var timings: [(LogField, Int)] = []

    /// A refusal by policy is nothing wrong; that we failed is.
    var level: Logger.Level {
        switch action {
        case .allow: would.isEmpty ? .info : .notice
        case .deny, .hold: .notice
        case .fail: .warning
        }
    }
}

extension LogMembers {
    /// The fields of a decision's line, in the order in which people read them.
    package init(_ record: borrowing DecisionRecord) {
        self.init()
        add(.decision, record.id)
        add(.kind, record.kind)
        add(.direction, record.direction.rawValue)
        add(.action, record.action.rawValue)
        add(.by, record.by)
        add(.place, record.place)
        add(.code, record.code)
        if record.status != 0 { add(.status, record.status) }
        add(.peer, record.peer)
        add(.claimed, record.claimed)
        add(.standing, record.standing)
        add(.client, record.client)
        if let certificate = record.certificate { add(certificate) }
        add(.method, record.method)
        if let signature = record.signature { add(signature) }
        addMessage(of: record)
        add(.secrets, record.fingerprints)
        add(.policy, record.policy)
        add(.lists, record.lists)
        if !record.checks.isEmpty { add(.checks, list: record.checks) { $0.add($1) } }
        add(.would, record.would)
        if let candidate = record.candidate { add(candidate) }
        add(.altered, record.altered)
        add(.backendStatus, record.backendStatus)
        add(.peerStatus, record.peerStatus)
        let timings = open(.timings)
        for (phase, time) in record.timings { add(phase, time) }
        close(timings)
        add(.detail, record.detail)
        add(.words, record.words)
    }

    private mutating func add(_ certificate: DecisionRecord.Certificate) {
        let object = open(.certificate)
        add(.names, list: certificate.names)
        add(.fingerprint, certificate.fingerprint)
        close(object)
    }

    private mutating func add(_ signature: DecisionRecord.Signature) {
        let object = open(.signature)
        add(.generation, signature.generation)
        add(.result, signature.result)
        add(.keyID, signature.keyID)
        add(.algorithm, signature.algorithm)
        add(.covered, signature.covered)
        add(.created, signature.created)
        add(.offset, signature.offset)
        close(object)
    }

    private mutating func addMessage(of record: DecisionRecord) {
        let object = open(.ocm)
        add(.shareType, record.shareType)
        add(.resourceType, record.resourceType)
        add(.protocols, record.protocols)
        add(.permissions, record.permissions)
        add(.requirements, record.requirements)
        add(.providerID, record.providerID)
        add(.notificationType, record.notificationType)
        add(.share, record.share)
        close(object)
    }

    private mutating func add(_ check: DecisionRecord.Check) {
        openObject()
        add(.name, check.name)
        add(.result, check.result)
        add(.reason, check.reason)
        closeObject()
    }

    private mutating func add(_ candidate: DecisionRecord.Candidate) {
        let object = open(.candidate)
        add(.policy, candidate.policy)
        add(.action, candidate.action)
        add(.by, candidate.by)
        add(.code, candidate.code)
        add(.certainty, candidate.certainty)
        close(object)
    }
}
