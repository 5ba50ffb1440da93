/// What the policy says of a message, why, and every check that led there.
package struct Verdict: Sendable, Equatable {
    /// What becomes of a message.
    package enum Action: String, Sendable, CaseIterable {
        case allow
        case deny
        /// Parked until a person decides; answered 503.
        case hold
    }

    package let action: Action
    /// Which block decided: `rule:NAME`, `list:NAME`, `require:NAME`, `limit:NAME`, `unknown`,
    /// `default`, `built-in:advertised-keys`, `built-in:ping-pong`, `mode:report`, `mode:open`.
    package let by: String
    /// Why it is refused; nil exactly when the action is `allow`.
    package let refusal: Refusal?
    /// The blocks that would have refused (or, of rules, decided), had they been enforced, by the
    /// names of `by`.
    package let would: [String]
    /// What the deciding rule sets.
    package let settings: RuleSettings
    /// All checks in the order of judgement.
    package let checks: [Check]

    package var code: String? { refusal?.code }
    package var status: Int? { refusal?.status }
    package var hint: String? { refusal?.hint }

    /// The refusal as the phases throw it; nil exactly when the action is `allow`.
    package var denial: Denial? { refusal?.denial(by: by) }
}

/// The words of a refusal.
package struct Refusal: Sendable, Equatable {
    /// The row of the table that gives what the block leaves out.
    package let row: DenialCode
    /// The code that the peer reads.
    package let code: String
    package let status: Int
    package let hint: String?
    /// The hint as it stands in the policy's file; nil where that has none, so that it is the program's.
    let written: String?
    package let outcome: Outcome
    /// Seconds until a full limit may have room; nil: as the row has it.
    package private(set) var roomAfter: Int?

    /// How a message that is not let through ends.
    package enum Outcome: Sendable, Equatable {
        case deny
        /// A person is asked.
        case hold
    }

    init(
        _ row: DenialCode, _ outcome: Outcome = .deny, code: String? = nil, status: Int? = nil,
        hint: String? = nil, written: String? = nil
    ) {
        self.row = row
        self.outcome = outcome
        self.code = code ?? row.rawValue
        self.status = status ?? row.status
        self.hint = hint
        self.written = written
    }

    /// The same until there is room again.
    func until(_ seconds: Int) -> Refusal {
        var refusal = self
        refusal.roomAfter = max(seconds, 1)
        return refusal
    }

    package var action: Verdict.Action {
        switch outcome {
        case .deny: .deny
        case .hold: .hold
        }
    }

    func denial(by block: String) -> Denial {
        Denial(
            row, ruling: .init(name: code, status: status, hint: hint, block: block),
            "policy: \(block)",
            retryAfter: retryAfter)
    }

    /// Statuses that say "later" say when; a row that has no time of its own takes the usual one.
    private var retryAfter: Int? {
        switch status {
        case 429: roomAfter ?? row.defaultRetryAfter ?? DenialCode.limitExceeded.defaultRetryAfter
        case 503: roomAfter ?? row.defaultRetryAfter ?? DenialCode.held.defaultRetryAfter
        case _: nil
        }
    }
}

/// One check of a judgement and how it came out.
package struct Check: Sendable, Equatable {
    /// How a check came out.
    package enum Result: String, Sendable, CaseIterable {
        /// The requirement holds, or the peer's standing admits it.
        case passed
        /// The rule matched and lets the message through.
        case allowed
        /// The check refused, and that is enforced.
        case refused
        /// The message waits for a person, and that is enforced.
        case held
        /// The check would have refused (or the rule would have decided), but is only reported.
        case reported
        /// The block is not about this message.
        case notApplicable = "not-applicable"
        /// The block is switched off (`mode = "open"`).
        case off
        /// Decided before: the check was not needed.
        case notReached = "not-reached"
    }

    /// The block, by the names of ``Verdict/by``, and `standing` for the lists as a whole.
    package let name: String
    package let result: Result
    /// Why: the list entry, the missing need, the condition that does not hold.
    package let reason: Reason

    package init(_ name: String, _ result: Result, _ reason: Reason = .none) {
        self.name = name
        self.result = result
        self.reason = reason
    }

    /// Written out only when somebody reads it.
    package enum Reason: Sendable, Equatable {
        case none
        case entry(list: String, pattern: HostPattern, note: String?, until: Int?)
        case onNoList
        /// What the lists say, of another host than the peer.
        indirect case of(PeerHost, Reason)
        /// On no list, since this entry has ended.
        case entryOver(Standing.Over)
        /// A list of blocks that was never loaded, and could name the peer.
        case notLoaded(list: String)
        case missing(Need)
        case advertisesKeys
        case otherOccasion
        case otherPeer
        case exceptedPeer
        case condition(String)
        case noRule
        /// A limit, and the seconds until it may have room.
        case noRoom(retryAfter: Int)
    }
}
