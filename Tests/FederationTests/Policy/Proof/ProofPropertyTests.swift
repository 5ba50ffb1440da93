import Testing

@testable import Federation

/// The prover against messages at random: nothing that it proved is ever broken, and whatever it
/// shows is.
@Suite struct ProofPropertyTests {
    @Test func noRandomMessageBreaksWhatWasProved() throws {
        var numbers = ProofNumbers(state: 11)
        var (proved, broken, tried) = (0, 0, 0)
        for _ in 0..<80 {
            let draft = PolicyDraft(&numbers)
            let policy = try PolicySamples.read(draft.text)
            let judge = policy.mode == .report ? policy.enforced : policy
            for invariant in policy.invariants {
                switch policy.prove(invariant) {
                case .open(let reason): Issue.record("\(reason)\n\(draft.text)")
                case .proved:
                    proved += 1
                    for _ in 0..<60 {
                        let message = try draft.message(&numbers)
                        let (verdict, standing) = judge.judge(message)
                        guard invariant.given.contains(message.facts, standing) else { continue }
                        tried += 1
                        #expect(verdict.action != invariant.never, "\(message)\n\(draft.text)")
                    }
                case .broken(let found):
                    broken += 1
                    let (verdict, standing) = judge.judge(
                        SampleMessage(facts: found.facts, lists: found.lists, full: found.full))
                    #expect(verdict.action == invariant.never)
                    #expect(invariant.given.contains(found.facts, standing))
                    let text = policy.test(for: found)
                    let again = try PolicySamples.read(draft.text + text)
                    #expect(again.tests.last?.facts == found.facts, "\(text)")
                    for outcome in again.runTests() {
                        #expect(outcome.passed, "\(text)\n\(draft.text)")
                    }
                }
            }
        }
        #expect(proved > 30)
        #expect(broken > 30)
        #expect(tried > 250)
    }

    /// The judge of regions and the real one say the same of a message in the region.
    @Test func regionsAreJudgedAsTheirMessages() throws {
        var numbers = ProofNumbers(state: 13)
        var checked = 0
        for _ in 0..<30 {
            let draft = PolicyDraft(&numbers)
            let policy = try PolicySamples.read(draft.text)
            let space = try MessageSpace([policy], asked: [])
            try Exploration([policy], in: space, .answer).visit(space.possible) {
                region, rulings in
                guard Int.random(in: 0..<8, using: &numbers) == 0,
                    let message = space.message(in: region)
                else { return .on }
                checked += 1
                let verdict = policy.judge(message).verdict
                #expect(rulings[0].action == verdict.action, "\(message)\n\(draft.text)")
                #expect(rulings[0].by == verdict.by, "\(message)\n\(draft.text)")
                #expect(rulings[0].code == verdict.code)
                #expect(rulings[0].would == Set(verdict.would), "\(message)\n\(draft.text)")
                return .on
            }
        }
        #expect(checked > 250)
    }

    /// What is said to be the same is never told apart by a message.
    @Test func equivalentPoliciesAgreeOnRandomMessages() throws {
        var numbers = ProofNumbers(state: 17)
        var same = 0
        for _ in 0..<6 {
            let draft = PolicyDraft(&numbers)
            let policy = try PolicySamples.read(draft.text)
            for mutant in MutationReport(policy, .values).equivalent {
                same += 1
                for _ in 0..<40 {
                    let message = try draft.message(&numbers)
                    let (one, other) = (
                        policy.judge(message).verdict, mutant.policy.judge(message).verdict
                    )
                    #expect(
                        one.action == other.action && one.by == other.by,
                        "\(mutant.change)\n\(draft.text)")
                    #expect(Set(one.would) == Set(other.would), "\(mutant.change)\n\(draft.text)")
                }
            }
        }
        #expect(same > 10)
    }
}

/// A small policy at random, with invariants, and messages that it might see.
struct PolicyDraft {
    private(set) var text: String

    private static let hosts = ["x.example", "y.example", "a.x.example", "b.a.x.example", "z.test"]
    private static let owners = [
        "alice@x.example", "eve@exams.example", "eve@a.exams.example", "bob@y.example",
    ]

    init(_ numbers: inout some RandomNumberGenerator) {
        func pick(_ words: [String]) -> String { words.randomElement(using: &numbers) ?? "" }
        let mode = pick(["enforce", "enforce", "enforce", "enforce", "report"])
        text = """
            version = 1
            name = "p"
            mode = "\(mode)"
            default = "\(pick(["allow", "deny"]))"
            unknown = "\(pick(["allow", "deny", "hold"]))"

            """
        for name in ["a", "b"] {
            var hosts: Set<String> = []
            let entries = (0..<Int.random(in: 0...3, using: &numbers)).compactMap { _ -> String? in
                let host = pick(["", "*.", "."]) + pick(Self.hosts) + pick(["", "", ":8443"])
                guard hosts.insert(host).inserted else { return nil }
                return pick(["", "until"]).isEmpty
                    ? "\"\(host)\"" : "{ host = \"\(host)\", until = 2026-0\(pick(["3", "6"]))-30 }"
            }
            text += """
                [list.\(name)]
                standing = "\(pick(["allow", "block"]))"
                hard = \(pick(["false", "false", "true"]))
                entries = [\(entries.joined(separator: ", "))]

                """
        }
        for name in ["c", "d"].prefix(Int.random(in: 0...2, using: &numbers)) {
            text += """
                [list.\(name)]
                standing = "\(pick(["allow", "block"]))"
                hard = \(pick(["false", "true"]))
                source = "https://a.example/\(name).txt"
                format = "text"

                """
        }
        let lists = ["@a", "@b"] + (text.contains("list.c") ? ["@c"] : [])
        let peers = lists + [".x.example", "y.example"]
        func scope() -> String {
            let on = pick(["share.in", "share", "*.in", "token.in", "notification", "*.out"])
            let selects = pick(["", "", "peer", "except"])
            let when = pick([
                "", "", "share_type = \"group\"", "permissions = [\"read\"]",
                "permissions_not = [\"read\"]", "protocol = [\"webdav\"]",
                "protocol = [\"ssh\", \"webapp\"]",
                "owner = \"*@exams.example\"", "owner = [\"eve@*\", \"*@*.example\"]",
                "size_max = \"1MiB\"", "net = \"10.0.0.0/8\"", "time = \"mon-fri 08:00-18:00\"",
                "software = \"nextcloud*\"", "resource_type = \"file\", share_type = \"user\"",
            ])
            return """
                on = "\(on)"
                \(selects.isEmpty ? "" : "\(selects) = \"\(pick(peers))\"")
                \(when.isEmpty ? "" : "when = { \(when) }")
                mode = "\(pick(["enforce", "enforce", "enforce", "report", "open"]))"

                """
        }
        for number in 0..<Int.random(in: 0...2, using: &numbers) {
            let need = pick(["signature", "token-exchange", "rfc9421", "mfa", "key-pinned", "mtls"])
            text += "[[require]]\nname = \"\(number)\"\nneed = [\"\(need)\"]\n" + scope()
        }
        for number in 0..<Int.random(in: 0...1, using: &numbers) {
            text += "[[limit]]\nname = \"\(number)\"\nper = \"peer\"\nrate = \"5/min\"\n" + scope()
        }
        for number in 0..<Int.random(in: 0...4, using: &numbers) {
            text +=
                "[[rule]]\nname = \"\(number)\"\naction = \"\(pick(["allow", "deny", "hold"]))\"\n"
                + scope()
        }
        let givens = [
            "standing = \"block\"", "standing = \"unknown\"", "signature = \"none\"",
            "on = \"share.in\", peer = \"\(pick(peers))\"", "peer_not = \"\(pick(peers))\"",
            "owner = \"*@exams.example\"", "protocol = \"ssh\", on = \"share\"",
            "on = [\"share.in\", \"token.in\"], share_type = \"group\"",
            "signature = [\"none\", \"invalid\"], token_exchange = false, peer = \".x.example\"",
            "permissions_not = [\"read\"], standing = \"allow\"", "mfa = false, on = \"*.out\"",
        ]
        for number in 0..<2 {
            text += """
                [[invariant]]
                name = "\(number)"
                given = { \(pick(givens)) }
                never = "\(pick(["allow", "allow", "deny", "hold"]))"

                """
        }
    }

    func message(_ numbers: inout some RandomNumberGenerator) throws -> SampleMessage {
        func pick<Value>(_ values: [Value]) throws -> Value {
            try #require(values.randomElement(using: &numbers))
        }
        let host = try #require(PeerHost(try pick(Self.hosts) + pick(["", "", ":8443"])))
        var facts = Facts.ordinary(try pick(Occasion.all), peer: host)
        facts.now += try pick([0, 0, 100, 200]) * 86_400 + pick([0, 5, 10, 20]) * 3_600
        facts.signature = try pick(SignatureFact.allCases)
        facts.peerKeys = try pick(PeerKeys.allCases)
        facts.access = try pick(AccessFact.allCases)
        facts.mfa = try pick(MFAFact.allCases)
        facts.keyPinned = try pick(PinFact.allCases)
        facts.mtls = try pick(MTLSFact.allCases)
        facts.shareType = try pick(["user", "group", nil])
        facts.resourceType = try pick(["file", "folder", nil])
        facts.protocols = try pick([
            ["webdav"], ["ssh"], ["webdav", "ssh"], [], ["webapp", "webdav"],
        ])
        facts.permissions = Permissions(
            words: try pick([["read"], ["write"], [], ["read", "share"]]))
        facts.size = try pick([nil, 5, 1 << 20, 1 << 20 + 1, 1 << 40])
        facts.owner = try pick(Self.owners + [nil])
        facts.address = NetworkAddress(try pick(["10.1.1.1", "192.0.2.1", "::1", ""]))
        facts.software = try pick([nil, "nextcloud 31", "ocis"])
        switch facts.occasion.kind {
        case .notification, .ocs: facts.notificationType = try pick([nil, "SHARE_ACCEPTED"])
        case .share, .invite, .token, .webdav, .requestShare: facts.notificationType = nil
        }
        var lists: [String: [ListEntry]] = [:]
        for name in ["c", "d"] where text.contains("list.\(name)") {
            let patterns = try pick([
                [], [host.description], [".\(host.name)"], ["*.example"], [".example"],
            ])
            lists[name] = patterns.compactMap { HostPattern($0).map { ListEntry(pattern: $0) } }
        }
        return SampleMessage(
            facts: facts, lists: lists,
            full: Set(try pick([[], [], ["0"], [Policy.pingPongLabel]])))
    }
}
