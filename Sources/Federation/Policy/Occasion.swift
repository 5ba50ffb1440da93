/// What kind of message is judged.
package enum MessageKind: String, Sendable, CaseIterable {
    case share
    case notification
    case invite
    case token
    case webdav
    case requestShare = "request-share"
    /// The older federation API below `/ocs`.
    case ocs
}

/// Which way a message goes.
package enum Direction: String, Sendable, CaseIterable {
    /// From a peer to the backend.
    case inbound = "in"
    /// From the backend to a peer.
    case outbound = "out"
}

/// The occasion of a judgement: a kind of message and its way, written `share.in`.
package struct Occasion: Sendable, Hashable, CustomStringConvertible {
    package let kind: MessageKind
    package let direction: Direction

    package init(_ kind: MessageKind, _ direction: Direction) {
        self.kind = kind
        self.direction = direction
    }

    package var description: String { "\(kind.rawValue).\(direction.rawValue)" }

    /// `share.in`; nil for what names no single occasion.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = MessageKind(rawValue: String(parts[0])),
            let direction = Direction(rawValue: String(parts[1]))
        else { return nil }
        self.init(kind, direction)
    }

    /// Whether a peer that advertises keys has to sign it.
    var isHeldToKeys: Bool {
        switch (direction, kind) {
        case (.outbound, _), (_, .webdav): false
        case (.inbound, .share), (.inbound, .notification), (.inbound, .invite), (.inbound, .token),
            (.inbound, .requestShare), (.inbound, .ocs):
            true
        }
    }

    /// Whether what is known of its share hangs on whether anybody told us of the share whose credential
    /// it shows.
    var showsCredential: Bool {
        switch kind {
        case .token, .webdav: true
        case .share, .notification, .invite, .requestShare, .ocs: false
        }
    }

    /// Whether a refusal is answered with the status that the policy gives it: not at the token endpoint
    /// (RFC 6749 5.2), nor for data in every form that it is asked for, nor to the own server.
    var isAnsweredAsRuled: Bool {
        switch (direction, kind) {
        case (.outbound, _), (.inbound, .token), (.inbound, .webdav): false
        case (.inbound, .share), (.inbound, .notification), (.inbound, .invite),
            (.inbound, .requestShare), (.inbound, .ocs):
            true
        }
    }

    package static let all = MessageKind.allCases.flatMap { kind in
        Direction.allCases.map { Occasion(kind, $0) }
    }
}

/// A set of occasions, as `on` names them.
package struct OccasionSet: Sendable, Hashable {
    private var bits: UInt16 = 0

    package init() {}

    package init(_ occasions: some Sequence<Occasion>) {
        for occasion in occasions { insert(occasion) }
    }

    /// Whether an occasion is a member.
    package func contains(_ occasion: Occasion) -> Bool { bits & Self.bit(occasion) != 0 }
    /// Adds an occasion.
    package mutating func insert(_ occasion: Occasion) { bits |= Self.bit(occasion) }
    /// Adds all of another set.
    package mutating func formUnion(_ other: OccasionSet) { bits |= other.bits }

    /// The members, in the order of the language.
    package var occasions: [Occasion] { Occasion.all.filter(contains) }

    /// Those that are messages, not requests for shared data.
    var messages: OccasionSet { OccasionSet(occasions.filter { $0.kind != .webdav }) }

    package static let everything = OccasionSet(Occasion.all)

    /// A word of `on`: `share` (both ways), `share.in`, `*.in`, `*.out`.
    package init?(word: String) {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 1 || parts.count == 2 else { return nil }
        let directions: [Direction]
        if parts.count == 2 {
            guard let direction = Direction(rawValue: parts[1]) else { return nil }
            directions = [direction]
        } else {
            guard parts[0] != "*" else { return nil }
            directions = Direction.allCases
        }
        let kinds: [MessageKind]
        if parts[0] == "*" {
            kinds = MessageKind.allCases
        } else {
            guard let kind = MessageKind(rawValue: parts[0]) else { return nil }
            kinds = [kind]
        }
        self.init(kinds.flatMap { kind in directions.map { Occasion(kind, $0) } })
    }

    /// All words that `on` understands.
    package static let words: [String] =
        MessageKind.allCases.flatMap { kind in
            [kind.rawValue] + Direction.allCases.map { "\(kind.rawValue).\($0.rawValue)" }
        } + ["*.in", "*.out"]

    private static func bit(_ occasion: Occasion) -> UInt16 {
        let kind: UInt16 =
            switch occasion.kind {
            case .share: 0
            case .notification: 1
            case .invite: 2
            case .token: 3
            case .webdav: 4
            case .requestShare: 5
            case .ocs: 6
            }
        return 1 << (kind * 2 + (occasion.direction == .inbound ? 0 : 1))
    }
}
