/// A `[[test]]` as text: a message, and what a policy says of it.
struct TestText {
    let text: String

    /// - Parameter comment: lines above it, without their `#`.
    init(
        name: String, facts: Facts, lists: [String: [ListEntry]] = [:], over: Set<String> = [],
        want: PolicyTest.Want, comment: [String]
    ) {
        let given = Self.given(SampleMessage(facts: facts, lists: lists, full: over))
        let wanted: [(String, TOMLNode.Content?)] = [
            ("action", want.action.map { .string($0.rawValue) }),
            ("by", want.by.map { .string($0) }),
            ("code", want.code.map { .string($0) }), ("status", want.status.map { .integer($0) }),
            ("would", want.would.map { .array($0.sorted().map { Self.node(.string($0)) }) }),
        ]
        let members = wanted.compactMap { key, value in value.map { Self.member(key, $0) } }
        text =
            (comment.map { "# \($0)" } + [
                "[[test]]", "name  = \(TOMLNode.Content.string(name).written)",
                "given = \(given)",
                "want  = \(TOMLNode.Content.table(members).written)", "",
            ]).joined(separator: "\n")
    }

    /// The message as the table `given`.
    static func given(_ message: SampleMessage) -> String {
        var given = message.facts.givenWords.map { member($0.key, $0.value) }
        if !message.lists.isEmpty {
            let members = message.lists.sorted { $0.key < $1.key }.map { name, entries in
                member(name, .array(entries.map { node(.string($0.pattern.description)) }))
            }
            given.append(member("lists", .table(members)))
        }
        if !message.full.isEmpty {
            given.append(member("over", .array(message.full.sorted().map { node(.string($0)) })))
        }
        return TOMLNode.Content.table(given).written
    }

    private static func member(_ key: String, _ value: TOMLNode.Content) -> TOMLMember {
        TOMLMember(key: key, keyPosition: .start, value: node(value))
    }

    private static func node(_ value: TOMLNode.Content) -> TOMLNode { TOMLNode(value, at: .start) }
}

extension Policy {
    /// A counterexample as a `[[test]]` that says what this policy does now.
    package func test(for found: Counterexample) -> String {
        var lists = found.lists
        // What a list holds by itself would be in the way.
        for list in self.lists where list.tier == .downloaded && !list.entries.isEmpty {
            lists[list.name] = lists[list.name] ?? []
        }
        let invariant = found.invariant
        var want = PolicyTest.Want(of: found.verdict)
        if mode == .report {
            let now = judge(SampleMessage(facts: found.facts, lists: lists, full: found.full))
                .verdict
            want = PolicyTest.Want(of: now)
            want.would = Set(now.would)
        }
        return TestText(
            name: "breaks: \(invariant.name)", facts: found.facts, lists: lists, over: found.full,
            want: want,
            comment: [
                "The invariant \(quoted(invariant.name)) says that this never gets "
                    + "\(quoted(invariant.never.rawValue)). "
                    + (mode == .report ? "Enforced, it would," : "It does now,"),
                "by \(placed(found.verdict.by)). As long as that is so, this test passes.",
            ]
        ).text
    }
}

extension PolicyTest.Want {
    /// What a verdict says, but for what is only reported.
    init(of verdict: Verdict) {
        self.init(
            action: verdict.action, by: verdict.by, code: verdict.code, status: verdict.status)
    }
}
