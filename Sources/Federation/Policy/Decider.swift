/// What decided about a message: a block of the policy, something built in, or a guard. The names of
/// ``Verdict/by`` and of records, read and written.
package enum Decider: Sendable, Equatable {
    /// Nothing yet: what fails now no policy has decided.
    case undecided
    /// What no policy decides: the row of the table.
    case `guard`(DenialCode)
    /// What lets through what the backend tells its own site, which no policy is asked about.
    case ownSite
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
        case Self.guardWord: self = .undecided
        case Self.ownSiteName: self = .ownSite
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

    /// What ``init(_:)`` reads.
    package var name: String {
        switch self {
        case .undecided: Self.guardWord
        case .guard(let code): "\(Self.guardWord):\(code.rawValue)"
        case .ownSite: Self.ownSiteName
        case .list(let name): "list:\(name)"
        case .unknown: "unknown"
        case .requirement(let name): "require:\(name)"
        case .limit(let name): "limit:\(name)"
        case .rule(let name): "rule:\(name)"
        case .fallback: "default"
        case .advertisedKeys: Policy.advertisedKeysLabel
        case .pingPong: Policy.pingPongLabel
        case .mode(let mode): "mode:\(mode.rawValue)"
        }
    }

    /// Whether no policy decided, by the name: a guard did, also one whose code this release does not
    /// know, or nothing did.
    package static func isGuard(_ name: String) -> Bool { name.hasPrefix(guardWord) }

    /// Whether the lists decided.
    package var isStanding: Bool {
        switch self {
        case .list, .unknown: true
        case .undecided, .guard, .ownSite, .requirement, .limit, .rule, .fallback, .advertisedKeys,
            .pingPong, .mode:
            false
        }
    }

    private static let guardWord = "guard"
    private static let ownSiteName = "\(guardWord):own_site"

    private static func named(_ kind: String, _ name: String) -> Decider? {
        switch kind {
        case guardWord: DenialCode(rawValue: name).map { .guard($0) }
        case "list": .list(name)
        case "require": .requirement(name)
        case "limit": .limit(name)
        case "rule": .rule(name)
        case "mode": PolicyMode(rawValue: name).map { .mode($0) }
        default: nil
        }
    }
}
