/// What a rule sets for what it allows.
///
/// What the rule that lets a share through sets stays with the share, for as long as it stands: for
/// the tokens that we issue for it, and for those of a peer's that we use. The rule that lets a token
/// request or a request for data through may set more; of two values the stricter counts.
package struct RuleSettings: Sendable, Equatable {
    /// How long access tokens live; nil: as configured.
    package var tokenTTL: Duration?
    /// Which permanent secrets WebDAV takes; nil: as configured.
    package var acceptSecret: AcceptSecret?
    /// Who may exchange the code; nil: as configured.
    package var bind: CodeBinding?

    package init(
        tokenTTL: Duration? = nil, acceptSecret: AcceptSecret? = nil, bind: CodeBinding? = nil
    ) {
        self.tokenTTL = tokenTTL
        self.acceptSecret = acceptSecret
        self.bind = bind
    }

    package static let none = RuleSettings()

    /// The stricter of each two values; where only one of them is set, that one.
    package func and(_ other: RuleSettings) -> RuleSettings {
        RuleSettings(
            tokenTTL: [tokenTTL, other.tokenTTL].compactMap(\.self).min(),
            acceptSecret: AcceptSecret.strictFirst.first {
                $0 == acceptSecret || $0 == other.acceptSecret
            },
            bind: CodeBinding.strictFirst.first { $0 == bind || $0 == other.bind })
    }
}

/// Which permanent secrets of shares are taken on WebDAV.
package enum AcceptSecret: String, Sendable, CaseIterable {
    /// Those of peers without tokens, and of shares that we did not see being made.
    case legacy
    case none
    case all

    static let strictFirst: [AcceptSecret] = [.none, .legacy, .all]

    /// Whether it takes secrets that the other does not.
    package func takesMore(than other: AcceptSecret) -> Bool {
        Self.strictFirst.drop { $0 != other }.dropFirst().contains(self)
    }
}

/// By whom a code is exchanged.
package enum CodeBinding: String, Sendable, CaseIterable {
    /// By the peer that it was sent to; one that we did not see being made, by whoever came first.
    case peer
    /// By anybody who is let in.
    case none

    static let strictFirst: [CodeBinding] = [.peer, .none]
}
