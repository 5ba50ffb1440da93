/// What decided about a message: a block of the policy, something built in, or a guard. The names of
/// ``Verdict/by`` and of records, read.
package enum Decider: Sendable, Equatable {
    /// What no policy decides: the row of the table.
    case `guard`(DenialCode)
    /// The lists, by the one that named the peer, or for want of one.
    case list(String)
    case unknown
    case requirement(String)
    case limit(String)
    case rule(String)
    /// `default`: no rule matched.
    case fallback
    case advertisedKeys
    case pingPong
    /// `mode:report`, `mode:open`: nothing is refused.
    case mode(PolicyMode)

    /// Nil for what is no such name.
    package init?(_ name: String) {
        switch name {
        case "unknown": self = .unknown
        case "default": self = .fallback
        case Policy.advertisedKeysLabel: self = .advertisedKeys
        case Policy.pingPongLabel: self = .pingPong
        default:
            let parts = name.split(separator: ":", maxSplits: 1).map(String.init)
            guard parts.count == 2, let known = Self.named(parts[0], parts[1]) else { return nil }
            self = known
        }
    }

    private static func named(_ kind: String, _ name: String) -> Decider? {
        switch kind {
        case "guard": DenialCode(rawValue: name).map { .guard($0) }
        case "list": .list(name)
        case "require": .requirement(name)
        case "limit": .limit(name)
        case "rule": .rule(name)
        case "mode": PolicyMode(rawValue: name).map { .mode($0) }
        default: nil
        }
    }
}
