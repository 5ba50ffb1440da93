/// How a file or a block takes effect.
package enum PolicyMode: String, Sendable, CaseIterable {
    case enforce
    /// Judged and recorded as `would`, refuses nothing.
    case report
    /// Not judged.
    case open
}

/// A `[[require]]` block: what the messages it is about must meet.
package struct Requirement: Sendable {
    package let name: String
    package internal(set) var scope: BlockScope
    package internal(set) var mode: PolicyMode
    /// All of them must be met.
    package internal(set) var needs: [Need]
    /// The refusal for each of the needs.
    package internal(set) var refusals: [Refusal]
    package let label: String
    package let position: SourcePosition
}

/// A `[[rule]]` block: the first that matches decides.
package struct Rule: Sendable {
    /// What a rule that fits does.
    package enum Ruling: Sendable, Equatable {
        case allow(RuleSettings)
        case deny(Refusal)
        case hold(Refusal)

        /// What is told where it refuses.
        package var refusal: Refusal? {
            switch self {
            case .allow: nil
            case .deny(let refusal), .hold(let refusal): refusal
            }
        }
    }

    package let name: String
    package internal(set) var scope: BlockScope
    package internal(set) var mode: PolicyMode
    package internal(set) var ruling: Ruling
    package let label: String
    package let position: SourcePosition

    var effect: Condition.Effect {
        switch ruling {
        case .allow: .letsThrough
        case .deny, .hold: .restricts
        }
    }
}

extension Policy {
    /// Which messages its blocks are about, block by block.
    package var scopes: [BlockScope] {
        requirements.map(\.scope) + limits.map(\.scope) + rules.map(\.scope)
    }
}
