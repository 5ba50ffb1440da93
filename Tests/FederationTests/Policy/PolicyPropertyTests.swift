import Testing

@testable import Federation

/// What must hold of every policy, tried on small random ones.
@Suite struct PolicyPropertyTests {
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ (state >> 29)
        }
    }

    /// A small policy whose lists are still to be written down, so that entries can be taken out.
    private struct Draft {
        var lists: [(name: String, standing: String, hard: Bool, entries: [String])] = []
        var head = ""
        var blocks = ""

        init(_ numbers: inout Numbers) {
            func pick(_ words: [String]) -> String { words.randomElement(using: &numbers) ?? "" }
            head = """
                version = 1
                name = "p"
                mode = "\(pick(["enforce", "enforce", "report"]))"
                default = "\(pick(["allow", "deny"]))"
                unknown = "\(pick(["allow", "deny"]))"

                """
            for name in ["a", "b", "c"].prefix(Int.random(in: 0...3, using: &numbers)) {
                let entries = (0..<Int.random(in: 0...4, using: &numbers)).map { _ in
                    pick(["", "*.", "."]) + pick(PolicyPropertyTests.names)
                        + pick(["", "", ":8443"])
                }
                lists.append(
                    (name, pick(["allow", "block"]), pick(["", "", "x"]) == "x", entries))
            }
            let peers = lists.map { "@\($0.name)" } + [".x.example", "y.example"]
            for number in 0..<Int.random(in: 0...2, using: &numbers) {
                blocks += """
                    [[require]]
                    name = "\(number)"
                    on = "\(pick(["share", "*.in", "token.in"]))"
                    \(pick(["", "except", "peer"]).isEmpty ? "" : "except = \"\(pick(peers))\"")
                    need = "\(pick(["signature", "token-exchange"]))"
                    mode = "\(pick(["enforce", "report", "open"]))"

                    """
            }
            for number in 0..<Int.random(in: 0...3, using: &numbers) {
                let selects = pick(["", "peer", "except"])
                let when = pick([
                    "", "when = { share_type = \"user\" }", "when = { permissions = [\"read\"] }",
                    "when = { permissions_not = [\"read\"] }", "when = { protocol = [\"webdav\"] }",
                ])
                blocks += """
                    [[rule]]
                    name = "\(number)"
                    on = ["\(pick(["share", "*.in", "token.in"]))"]
                    \(selects.isEmpty ? "" : "\(selects) = \"\(pick(peers))\"")
                    \(when)
                    action = "\(pick(["allow", "deny"]))"
                    mode = "\(pick(["enforce", "enforce", "report", "open"]))"

                    """
            }
        }

        var text: String {
            head
                + lists.map { list in
                    """
                    [list.\(list.name)]
                    standing = "\(list.standing)"
                    hard = \(list.hard)
                    entries = [\(list.entries.map { "\"\($0)\"" }.joined(separator: ", "))]

                    """
                }.joined() + blocks
        }
    }

    private static let names = [
        "x.example", "y.example", "a.x.example", "b.a.x.example", "example",
    ]

    private func messages(_ numbers: inout Numbers) throws -> [Facts] {
        var messages: [Facts] = []
        for name in Self.names + ["z.test"] {
            for port in ["", ":8443"] {
                for occasion in ["share.in", "token.in", "share.out", "notification.in"] {
                    var facts = try PolicySamples.facts(occasion, name + port)
                    facts.signature = Bool.random(using: &numbers) ? .none : .rfc9421
                    facts.access = Bool.random(using: &numbers) ? .secret : .token
                    facts.permissions = Permissions(
                        words: [["read"], ["write"], []].randomElement(using: &numbers) ?? [])
                    messages.append(facts)
                }
            }
        }
        return messages
    }

    @Test func nothingFromABlockedPeerIsAllowedAndRefusalsAgree() throws {
        var numbers = Numbers(state: 41)
        var blocked = 0
        for _ in 0..<400 {
            let draft = Draft(&numbers)
            let policy = try PolicySamples.read(draft.text)
            for facts in try messages(&numbers) {
                let standing = policy.standing(of: facts.peer, now: facts.now)
                let verdict = policy.evaluate(facts)
                #expect(verdict == policy.evaluate(facts, standing))
                #expect((verdict.action == .allow) == (verdict.denial == nil))
                guard policy.mode == .enforce else {
                    #expect(verdict.action == .allow, "\(draft.text)")
                    continue
                }
                if standing.word == .block {
                    blocked += 1
                    #expect(verdict.action == .deny, "\(draft.text)")
                    #expect(standing.denial != nil)
                }
                if standing.denial != nil { #expect(verdict.by == standing.by) }
                // Whatever refused is a check that says so, and nothing refused in what is allowed.
                let refused = verdict.checks.contains {
                    $0.result == .refused || $0.result == .held
                }
                #expect(refused == (verdict.action == .deny), "\(draft.text)")
            }
        }
        #expect(blocked > 300)
    }

    /// Where blocks do not single out lists, an allow entry can only admit; taking it away never
    /// lets more through. (A `peer = "@list"` in a refusing rule makes membership a burden.)
    @Test func takingAnAllowEntryAwayNeverWidensAccess() throws {
        var numbers = Numbers(state: 43)
        var narrowed = 0
        for _ in 0..<400 {
            var draft = Draft(&numbers)
            draft.blocks = draft.blocks.replacing("\"@a\"", with: "\"y.example\"")
                .replacing("\"@b\"", with: "\"y.example\"").replacing(
                    "\"@c\"", with: "\"y.example\"")
            draft.head = draft.head.replacing("unknown = \"allow\"", with: "unknown = \"deny\"")
            guard
                let list = draft.lists.indices.filter({
                    draft.lists[$0].standing == "allow" && !draft.lists[$0].entries.isEmpty
                }).randomElement(using: &numbers)
            else { continue }
            let before = try PolicySamples.read(draft.text)
            let entry = draft.lists[list].entries.indices.randomElement(using: &numbers) ?? 0
            draft.lists[list].entries.remove(at: entry)
            let after = try PolicySamples.read(draft.text)
            for facts in try messages(&numbers) {
                let (old, new) = (before.evaluate(facts), after.evaluate(facts))
                if old.action == .deny { #expect(new.action == .deny, "\(draft.text)") }
                if old.action != new.action { narrowed += 1 }
            }
        }
        #expect(narrowed > 30)
    }
}
