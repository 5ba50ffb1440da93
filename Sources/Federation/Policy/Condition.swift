/// A condition of `when`.
///
/// A message may have several protocols, permissions or access types. What lets through must cover
/// all of them; what restricts needs only one: `protocol = ["webdav"]` in an allowing rule does
/// not let a share through that also offers ssh, and `protocol = ["ssh"]` in a refusing one refuses
/// it. A fact that the message does not have fulfils no condition, with two exceptions. A share
/// that states no size is within every `size_max`, since the size is optional in the protocol and
/// the peer's own word. And a code, or a request for data, of a share whose people and kind nobody
/// told us may be anybody's: what restricts by them is about it.
package enum Condition: Sendable, Hashable {
    case shareType([String])
    case resourceType([String])
    case protocols([String])
    case permissions(Permissions)
    /// Anything beyond these.
    case permissionsNot(Permissions)
    /// Bytes.
    case sizeMax(Int)
    case owner([Glob])
    case sender([Glob])
    case recipient([Glob])
    case accessTypes([String])
    case notificationType([String])
    case net([NetworkRange])
    /// What the peer calls itself, in lower case.
    case software([Glob])
    case time([TimeWindow])

    /// What the block does to the messages that it is about.
    enum Effect: Sendable {
        case letsThrough
        case restricts
    }

    /// The key in the file.
    package var key: String {
        switch self {
        case .shareType: "share_type"
        case .resourceType: "resource_type"
        case .protocols: "protocol"
        case .permissions: "permissions"
        case .permissionsNot: "permissions_not"
        case .sizeMax: "size_max"
        case .owner: "owner"
        case .sender: "sender"
        case .recipient: "recipient"
        case .accessTypes: "access_types"
        case .notificationType: "notification_type"
        case .net: "net"
        case .software: "software"
        case .time: "time"
        }
    }

    func holds(for facts: Facts, in effect: Effect) -> Bool {
        switch self {
        case .shareType(let words): Self.has(facts.shareType, words)
        case .resourceType(let words):
            facts.resourceType.map(words.contains) ?? Self.mayBeAny(facts, effect)
        case .protocols(let words): Self.has(facts.protocols, words, effect)
        case .accessTypes(let words): Self.has(facts.accessTypes, words, effect)
        case .notificationType(let words): Self.has(facts.notificationType, words)
        case .permissions(let set): Self.has(facts, set, effect)
        case .permissionsNot(let set): Self.goesBeyond(facts, set)
        case .sizeMax(let limit): Self.isShare(facts) && (facts.size ?? 0) <= limit
        case .owner(let globs): Self.has(facts.owner, globs) ?? Self.mayBeAny(facts, effect)
        case .sender(let globs): Self.has(facts.sender, globs) ?? Self.mayBeAny(facts, effect)
        case .recipient(let globs):
            Self.has(facts.recipient, globs) ?? Self.mayBeAny(facts, effect)
        case .net(let ranges): Self.isFrom(facts.address, ranges, effect)
        case .software(let globs): Self.has(facts.software, globs) ?? false
        case .time(let windows): windows.contains { $0.contains(facts.now) }
        }
    }

    private static func has(_ fact: String?, _ words: [String]) -> Bool {
        guard let fact else { return false }
        return words.contains(fact)
    }

    private static func has(_ facts: [String], _ words: [String], _ effect: Effect) -> Bool {
        guard !facts.isEmpty else { return false }
        switch effect {
        case .letsThrough: return facts.allSatisfy(words.contains)
        case .restricts: return facts.contains(where: words.contains)
        }
    }

    private static func has(_ facts: Facts, _ set: Permissions, _ effect: Effect) -> Bool {
        guard isShare(facts) else { return false }
        let granted = facts.permissions.spelledOut(for: set)
        switch effect {
        case .letsThrough: return set.contains(granted)
        case .restricts: return !set.isDisjoint(with: granted)
        }
    }

    private static func goesBeyond(_ facts: Facts, _ set: Permissions) -> Bool {
        isShare(facts) && !set.contains(facts.permissions.spelledOut(for: set))
    }

    /// Nil when there is no fact.
    private static func has(_ fact: String?, _ globs: [Glob]) -> Bool? {
        guard let fact else { return nil }
        let text = Glob.folded(fact)
        return globs.contains { $0.matches(bytes: text) }
    }

    /// What is not known of the share that a credential opens may be anything: a block that refuses
    /// is about it, one that lets through is not.
    private static func mayBeAny(_ facts: Facts, _ effect: Effect) -> Bool {
        effect == .restricts && facts.occasion.showsCredential
    }

    /// Who has no address, on a Unix socket, may be anywhere: a block that refuses is about him, one
    /// that lets through is not.
    private static func isFrom(
        _ address: NetworkAddress?, _ ranges: [NetworkRange], _ effect: Effect
    ) -> Bool {
        guard let address else { return effect == .restricts }
        return ranges.contains { $0.contains(address) }
    }

    /// Only these have permissions and a size; of the older API what creates a share, not what tells
    /// of a change.
    private static func isShare(_ facts: Facts) -> Bool {
        switch facts.occasion.kind {
        case .share, .requestShare, .webdav, .token: true
        case .ocs: facts.notificationType == nil
        case .notification, .invite: false
        }
    }
}
