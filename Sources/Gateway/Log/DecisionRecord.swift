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

        package init(generation: String, result: String) {
            self.generation = generation
            self.result = result
        }

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

        package init(names: [String], fingerprint: String) {
            self.names = names
            self.fingerprint = fingerprint
        }
    }

    /// One check and how it came out.
    package struct Check: Sendable {
        package let name: String
        package let result: String
        package let reason: String?

        package init(name: String, result: String, reason: String?) {
            self.name = name
            self.result = result
            self.reason = reason
        }
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

    package init(
        id: String, kind: String, direction: Direction, action: Action, by: String, status: Int,
        client: String
    ) {
        self.id = id
        self.kind = kind
        self.direction = direction
        self.action = action
        self.by = by
        self.status = status
        self.client = client
    }

    /// A refusal by policy is nothing wrong; that we failed is.
    var level: Logger.Level {
        switch action {
        case .allow: would.isEmpty ? .info : .notice
        case .deny, .hold: .notice
        case .fail: .warning
        }
    }
}

extension DecisionRecord {
    /// The fields of the line, in the order in which people read them.
    var entries: [LogEntry] {
        var entries: [LogEntry] = []
        entries.reserveCapacity(22)
        entries.add(.decision, id)
        entries.add(.kind, kind)
        entries.add(.direction, direction.rawValue)
        entries.add(.action, action.rawValue)
        entries.add(.by, by)
        entries.add(.place, place)
        entries.add(.code, code)
        if status != 0 { entries.add(.status, status) }
        entries.add(.peer, peer)
        entries.add(.claimed, claimed)
        entries.add(.standing, standing)
        entries.add(.client, client)
        if let certificate { entries.add(.certificate, certificate.entries) }
        entries.add(.method, method)
        if let signature { entries.add(.signature, signature.entries) }
        entries.add(.ocm, ocm)
        entries.add(.secrets, fingerprints)
        entries.add(.policy, policy)
        entries.add(.lists, lists)
        if !checks.isEmpty {
            entries.append(LogEntry(.checks, .list(checks.map { .object($0.entries) })))
        }
        entries.add(.would, would)
        if let candidate { entries.add(.candidate, candidate.entries) }
        entries.add(.altered, altered)
        entries.add(.backendStatus, backendStatus)
        entries.add(.peerStatus, peerStatus)
        entries.add(.timings, timings.map { LogEntry($0.0, $0.1) })
        entries.add(.detail, detail)
        entries.add(.words, words)
        return entries
    }

    private var ocm: [LogEntry] {
        var entries: [LogEntry] = []
        entries.reserveCapacity(8)
        entries.add(.shareType, shareType)
        entries.add(.resourceType, resourceType)
        entries.add(.protocols, protocols)
        entries.add(.permissions, permissions)
        entries.add(.requirements, requirements)
        entries.add(.providerID, providerID)
        entries.add(.notificationType, notificationType)
        entries.add(.share, share)
        return entries
    }
}

extension DecisionRecord.Certificate {
    fileprivate var entries: [LogEntry] {
        [LogEntry(.names, .texts(names)), LogEntry(.fingerprint, .text(fingerprint))]
    }
}

extension DecisionRecord.Signature {
    fileprivate var entries: [LogEntry] {
        var entries: [LogEntry] = []
        entries.reserveCapacity(7)
        entries.add(.generation, generation)
        entries.add(.result, result)
        entries.add(.keyID, keyID)
        entries.add(.algorithm, algorithm)
        entries.add(.covered, covered)
        entries.add(.created, created)
        entries.add(.offset, offset)
        return entries
    }
}

extension DecisionRecord.Candidate {
    fileprivate var entries: [LogEntry] {
        var entries: [LogEntry] = []
        entries.reserveCapacity(5)
        entries.add(.policy, policy)
        entries.add(.action, action)
        entries.add(.by, by)
        entries.add(.code, code)
        entries.add(.certainty, certainty)
        return entries
    }
}

extension DecisionRecord.Check {
    fileprivate var entries: [LogEntry] {
        var entries: [LogEntry] = []
        entries.reserveCapacity(3)
        entries.add(.name, name)
        entries.add(.result, result)
        entries.add(.reason, reason)
        return entries
    }
}

/// Fields that are there only when there is something to say.
extension [LogEntry] {
    fileprivate mutating func add(_ name: LogField, _ text: String?) {
        if let text { append(LogEntry(name, .text(text))) }
    }

    fileprivate mutating func add(_ name: LogField, _ number: Int?) {
        if let number { append(LogEntry(name, .number(number))) }
    }

    fileprivate mutating func add(_ name: LogField, _ texts: [String]) {
        if !texts.isEmpty { append(LogEntry(name, .texts(texts))) }
    }

    fileprivate mutating func add(_ name: LogField, _ entries: [LogEntry]) {
        if !entries.isEmpty { append(LogEntry(name, .object(entries))) }
    }
}
