import Federation

/// What one decision of the journal says of its peer and of the policy's blocks.
struct Sighting: Sendable {
    /// Verified, or as the message claims; empty when it names nobody.
    let peer: String
    /// `share.in`; the word of the log for what was never read.
    let kind: String
    let action: String
    let by: String
    let signature: Signature
    /// Milliseconds since 1970.
    let time: Int
    /// Whether data would be accessed by token; nil where the message says nothing of it.
    let byToken: Bool?
    /// The blocks that were about it: refused, let through, held, or found it in order.
    let blocks: [String]
    /// What gave the peer its standing: `unknown`, `list:NAME`; nil when nobody asked.
    let standing: String?
    /// The blocks that refused it, or only reported that they would have: the latter only of what another
    /// block did not refuse.
    let against: Set<String>

    /// What is recorded of the signature.
    enum Signature: Sendable {
        /// Of a message that went out: ours.
        case ours
        /// Of a request for data, which nobody signs.
        case data
        case valid
        /// Nobody looked for one: the lists had refused the message.
        case unverified
        case wrong
        case none
    }

    /// Nil for lines that are no decision about a message that came in or went out.
    init?(_ line: JournalLine) {
        guard line.kind == .decision else { return nil }
        let members = line.members
        guard let by = members["by"]?.string,
            let action = members["action"]?.string, let time = members.time
        else { return nil }
        let facts = members["facts"]?.object
        standing = members["standing"]?.string
        peer = members["peer"]?.string ?? members["claimed"]?.string ?? ""
        kind = facts?["on"]?.string ?? members["kind"]?.string ?? ""
        self.action = action
        self.by = by
        self.time = time
        if members["direction"]?.string == Direction.outbound.rawValue {
            signature = .ours
        } else if RecordedKind.asked(kind)?.kind == .webdav {
            signature = .data
        } else {
            signature = Self.signature(members["signature"]?.object)
        }
        byToken = facts?["share_type"] == nil ? nil : facts?["token_exchange"]?.bool
        var against: Set<String> = []
        switch DecisionRecord.Action(rawValue: action) {
        case .deny, .hold: break
        case .allow, .fail, nil: against = Set(members["would"]?.array?.compactMap(\.string) ?? [])
        }
        if action != DecisionRecord.Action.allow.rawValue { against.insert(by) }
        var blocks = standing.map { [$0] } ?? []
        for check in members["checks"]?.array ?? [] {
            guard let check = check.object, let name = check["name"]?.string,
                let result = check["result"]?.string.flatMap({ Check.Result(rawValue: $0) })
            else { continue }
            // The lists as a whole: the one that counted is told by the standing.
            let block = name == "standing" ? standing ?? name : name
            switch result {
            case .refused, .held: against.insert(block)
            case .passed, .allowed, .reported: break
            case .notApplicable, .off, .notReached: continue
            }
            if !blocks.contains(block) { blocks.append(block) }
        }
        if !blocks.contains(by) { blocks.append(by) }
        self.blocks = blocks
        self.against = against
    }

    private static func signature(_ object: JSONObject?) -> Signature {
        switch object?["result"]?.string {
        case "verified": .valid
        case "unchecked": .unverified
        case "absent", nil: .none
        // In which way it was wrong.
        case .some: .wrong
        }
    }
}
