/// Random policies and messages out of few words, so that they often have to do with each other.
struct RandomPolicies {
    private var numbers: SplitMix
    private var lists: [String] = []
    private var limits: [String] = []

    init(seed: UInt64) { numbers = SplitMix(state: seed) }

    /// The generator of Steele, Lea and Flood: a seed gives the same numbers everywhere.
    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    private mutating func pick(_ words: [String]) -> String {
        words.randomElement(using: &numbers) ?? ""
    }

    private mutating func some(_ words: [String], _ range: ClosedRange<Int>) -> [String] {
        Array(words.shuffled(using: &numbers).prefix(Int.random(in: range, using: &numbers)))
    }

    private mutating func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &numbers) == 0 }

    // MARK: Policies

    mutating func policy() -> PlainPolicy {
        var policy = PlainPolicy()
        policy.mode = pick(["enforce", "enforce", "enforce", "enforce", "report", "open"])
        policy.fallback = pick(["deny", "allow"])
        policy.unknown = pick(["deny", "allow", "allow", "hold"])
        for name in ["a", "b", "c", "d"].prefix(Int.random(in: 0...4, using: &numbers)) {
            var entries: [PlainPolicy.Entry] = []
            for _ in 0..<Int.random(in: 0...3, using: &numbers) {
                let entry = PlainPolicy.Entry(
                    pattern: pick(["", "*.", "."]) + pick(Self.hosts) + pick(["", "", ":8443"]),
                    untilDay: chance(4) ? Int.random(in: 0...12, using: &numbers) : nil)
                // A host has one end.
                if !entries.contains(where: { $0.pattern == entry.pattern }) {
                    entries.append(entry)
                }
            }
            policy.lists.append(
                PlainPolicy.List(
                    name: name, standing: pick(["allow", "allow", "block"]), isHard: chance(6),
                    from: pick(["own", "own", "text", "ocm-directory"]), entries: entries))
        }
        lists = policy.lists.map { "@\($0.name)" }
        policy.requires = blocks("r", 0...2).map { block in
            var block = block
            block.needs = some(Self.needs, 1...2)
            if block.needs.contains("invite") { block.on = [pick(["share.in", "ocs", "share"])] }
            return block
        }
        policy.limits = blocks("l", 0...2)
        limits = policy.limits.map(\.name)
        policy.rules = blocks("x", 0...4).map { block in
            var block = block
            block.action = pick(["allow", "allow", "deny", "hold"])
            if block.action == "allow" { block.code = nil }
            // What waits says so, or something of its own.
            if block.action == "hold", block.code == "not_allowed" { block.code = nil }
            return block
        }
        return policy
    }

    private mutating func blocks(_ name: String, _ count: ClosedRange<Int>) -> [PlainPolicy.Block] {
        (0..<Int.random(in: count, using: &numbers)).map { number in
            var block = PlainPolicy.Block(name: "\(name)\(number)", on: some(Self.occasions, 1...2))
            let selectors = lists + [".x.example", "y.example", "*.x.example:8443"]
            switch Int.random(in: 0..<5, using: &numbers) {
            case 0: block.peer = some(selectors, 1...2)
            case 1: block.except = some(selectors, 1...2)
            case _: break
            }
            for key in some(Self.conditions, 0...2) { block.when.append((key, values(of: key))) }
            block.mode = pick(["enforce", "enforce", "enforce", "report", "open"])
            if chance(3) { block.code = pick(["some_code", "not_allowed"]) }
            return block
        }
    }

    private mutating func values(of key: String) -> [String] {
        switch key {
        case "share_type": some(["user", "group", "federation"], 1...2)
        case "resource_type": some(["file", "folder", "calendar"], 1...2)
        case "protocol": some(["webdav", "webapp", "ssh"], 1...2)
        case "permissions", "permissions_not":
            some(["read", "write", "share", "unspecified"], 1...3)
        case "size_max": [pick(["0", "1000", "1000000"])]
        case "access_types": some(["remote", "datatx"], 1...2)
        case "notification_type": some(Self.notifications, 1...2)
        case "net": some(["10.0.0.0/8", "192.0.2.0/24", "192.0.2.7", "0.0.0.0/0"], 1...2)
        case "software": some(["nextcloud*", "*cloud 10", "reva 1"], 1...2)
        case "time":
            some(
                [
                    "mon-fri 08:00-18:00", "sat,sun 22:00-06:00", "mon 22:00-06:00",
                    "mon-fri 08:00-18:00 +01:00", "mon-fri 08:00-18:00 -01:00",
                ], 1...2)
        case _:
            some(["*@x.example", "a*", "alice@*", "*b*@*.example", "bob@y.example", "*"], 1...2)
        }
    }

    // MARK: Messages

    mutating func message() -> PlainMessage {
        var message = PlainMessage()
        message.kind = pick(Self.kinds)
        message.direction = pick(["in", "in", "out"])
        if !chance(8) { message.peer = pick(Self.hosts) + pick(["", "", ":8443"]) }
        message.minute = Int.random(in: 0..<14 * 1440, using: &numbers)
        if !chance(4) {
            message.address = [[10, 1, 2, 3], [192, 0, 2, 7], [192, 0, 2, 9], [203, 0, 113, 1]]
                .randomElement(using: &numbers)
        }
        message.signature = pick(["none", "invalid", "cavage", "rfc9421", "rfc9421"])
        message.advertisesKeys = chance(3)
        message.isByToken = !chance(3)
        message.isInvited = !chance(3)
        message.enforcesMFA = !chance(3)
        message.isPinned = !chance(3)
        message.showsCertificate = chance(2)
        message.software = pick(["", "nextcloud 33", "owncloud 10", "reva 1"])
        if message.software == "" { message.software = nil }
        message.over = Set(some(limits + ["built-in:ping-pong"], 0...1))
        share(&message)
        return message
    }

    private mutating func share(_ message: inout PlainMessage) {
        if !chance(4) { message.shareType = pick(["user", "group", "federation"]) }
        if !chance(4) { message.resourceType = pick(["file", "folder", "calendar"]) }
        message.protocols = some(["webdav", "webapp", "ssh"], 0...2)
        message.permissions = some(["read", "write", "share", "unspecified"], 0...2)
        message.accessTypes = some(["remote", "datatx"], 0...2)
        if !chance(3) { message.size = Int(pick(["0", "1000", "1001", "2000000"])) }
        if !chance(4) { message.owner = pick(Self.people) }
        if !chance(4) { message.sender = pick(Self.people) }
        if !chance(4) { message.recipient = pick(Self.people) }
        if ["notification", "ocs"].contains(message.kind) || chance(8) {
            message.notificationType = pick(Self.notifications)
        }
    }

    private static let hosts = [
        "x.example", "y.example", "a.x.example", "b.a.x.example", "example",
    ]
    private static let kinds = [
        "share", "share", "notification", "invite", "token", "webdav", "request-share", "ocs",
    ]
    private static let occasions = [
        "share", "share.in", "share.out", "notification", "invite.in", "token", "webdav.in",
        "request-share", "ocs", "*.in", "*.out",
    ]
    private static let needs = [
        "signature", "rfc9421", "token-exchange", "invite", "mfa", "key-pinned", "directory",
        "mtls",
    ]
    private static let conditions = [
        "share_type", "resource_type", "protocol", "permissions", "permissions_not", "size_max",
        "owner", "sender", "recipient", "access_types", "notification_type", "net", "software",
        "time",
    ]
    private static let notifications = ["SHARE_ACCEPTED", "SHARE_UNSHARED", "x-app"]
    private static let people = [
        "alice@x.example", "bob@y.example", "a@x.example", "bb@a.x.example", "carol@here.test",
    ]
}
