import Logging

/// Everything the log says of one decision, made once a message has been answered.
///
/// Texts of the peer are escaped and cut when written; secrets come as keyed fingerprints only.
package struct DecisionRecord: Sendable {
    /// What became of the message.
    package enum Action: String, Sendable, CaseIterable {
        case allow, deny, hold
        /// We failed: the store, the backend, a peer's key.
        case fail
    }

    /// Which way the message went.
    package enum Direction: String, Sendable, CaseIterable {
        case inbound = "in"
        case outbound = "out"
    }

    /// What is known of the message's signature.
    package struct Signature: Sendable {
        /// `none`, `cavage`, `rfc9421-label`, `rfc9421-tag`.
        package var generation: String
        package var keyID: String?
        package var algorithm: String?
        package var covered: [String] = []
        /// Unix seconds, as the signature says.
        package var created: Int?
        /// Seconds from `created` to our clock.
        package var offset: Int?
        /// `verified`, `absent`, `unchecked`, or the way in which it is wrong.
        package var result: String

        package init(generation: String, result: String) {
            self.generation = generation
            self.result = result
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

    package var id: String
    /// `shares`, `notifications`, `invite-accepted`, `request-share`, `token`, `ocs`, …
    package var kind: String
    package var direction: Direction
    package var action: Action
    /// The guard or block of the policy that decided.
    package var by: String
    package var code: String?
    package var detail: String?
    /// What we answered.
    package var status: Int

    /// The verified peer; of an unsigned or wrong message only `claimed` is there.
    package var peer: String?
    package var claimed: String?
    package var standing: String?
    /// The address that the message came from.
    package var client: String
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
    /// Keyed fingerprints, by what they are of.
    package var fingerprints: [(LogField, String)] = []

    /// Hash of the policy's canonical form.
    package var policy: String?
    package var checks: [Check] = []
    /// What would have refused the message, and was let pass by report mode or by the profile.
    package var would: [String] = []
    package var altered: [String] = []
    package var backendStatus: Int?
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
        let outcome: [LogEntry?] = [
            LogEntry(.decision, id), LogEntry(.kind, kind),
            LogEntry(.direction, direction.rawValue),
            LogEntry(.action, action.rawValue), LogEntry(.by, by), LogEntry(.code, code),
            LogEntry(.status, status), LogEntry(.peer, peer), LogEntry(.claimed, claimed),
            LogEntry(.standing, standing), LogEntry(.client, client),
        ]
        let rest: [LogEntry?] = [
            signature.map { LogEntry(.signature, .object($0.entries)) }, ocm,
            object(.secrets, fingerprints.map { LogEntry($0.0, $0.1) }),
            LogEntry(.policy, policy),
            checks.isEmpty ? nil : LogEntry(.checks, .list(checks.map { .object($0.entries) })),
            LogEntry(.would, texts: would), LogEntry(.altered, texts: altered),
            LogEntry(.backendStatus, backendStatus),
            object(.timings, timings.map { LogEntry($0.0, $0.1) }), LogEntry(.detail, detail),
        ]
        return (outcome + rest).compactMap { $0 }
    }

    private var ocm: LogEntry? {
        object(
            .ocm,
            [
                LogEntry(.shareType, shareType), LogEntry(.resourceType, resourceType),
                LogEntry(.protocols, texts: protocols), LogEntry(.permissions, texts: permissions),
                LogEntry(.requirements, texts: requirements), LogEntry(.providerID, providerID),
                LogEntry(.notificationType, notificationType), LogEntry(.share, share),
            ])
    }

    private func object(_ name: LogField, _ entries: [LogEntry?]) -> LogEntry? {
        let present = entries.compactMap { $0 }
        return present.isEmpty ? nil : LogEntry(name, .object(present))
    }
}

extension DecisionRecord.Signature {
    fileprivate var entries: [LogEntry] {
        let entries: [LogEntry?] = [
            LogEntry(.generation, generation), LogEntry(.result, result), LogEntry(.keyID, keyID),
            LogEntry(.algorithm, algorithm), LogEntry(.covered, texts: covered),
            LogEntry(.created, created), LogEntry(.offset, offset),
        ]
        return entries.compactMap { $0 }
    }
}

extension DecisionRecord.Check {
    fileprivate var entries: [LogEntry] {
        let entries: [LogEntry?] = [
            LogEntry(.name, name), LogEntry(.result, result), LogEntry(.reason, reason),
        ]
        return entries.compactMap { $0 }
    }
}
