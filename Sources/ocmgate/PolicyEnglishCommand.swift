import ArgumentParser
import Federation
import Gateway

/// `ocmgate policy english`: a policy in plain English, for who has to answer for it.
struct PolicyEnglishCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "english", abstract: "Say a policy in plain English.",
        discussion: """
            Says who is admitted and until when, what a message must have, how much there may be \
            and what is allowed, in the order of judgement; then what refused servers read, and \
            what is only tried out. It is a page to read, to discuss and to sign: the fingerprint \
            on it is the policy's hash, which every decision in the journal bears. Its tests are \
            run and its invariants are proved, and the page says which are not so.

            Exit code 0, 1 when a test fails or an invariant is not proved, 2 when the file cannot \
            be read.
            """)

    @Argument(help: "The policy file, - for standard input; without it, that of the configuration.")
    var file: String?

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print every entry of every list, however long.")
    var all = false

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let policy = try PolicyCommand.open(try file ?? option.load().policy.file)
        let slow = SlowWork()
        let promises = PolicyPromises(policy) { slow.tell("\($0) classes of messages so far") }
        let english = PolicyEnglish(
            policy, promises, longest: all ? .max : 100, now: Environment.live.now())
        if json { print(english, of: policy, promises) } else { Output.text(english.text()) }
        if !promises.areKept { throw Exit.findings }
    }

    private func print(
        _ english: PolicyEnglish, of policy: Policy, _ promises: PolicyPromises
    ) {
        let sections = english.sections.map { section -> [String: Output.Value] in
            ["title": .string(section.title), "clauses": .list(section.clauses.map(Self.row))]
        }
        Output.json([
            "file": .string(policy.file), "hash": .string(policy.hash),
            "name": .string(policy.name), "kept": .bool(promises.areKept),
            "preamble": .strings(english.preamble),
            "sections": .list(sections),
        ])
    }

    private static func row(_ clause: PolicyEnglish.Clause) -> [String: Output.Value] {
        [
            "text": .string(clause.text), "items": .strings(clause.items),
            "block": .optional(clause.block),
            "line": .optional(clause.position?.line),
            "kept": clause.isKept.map { .bool($0) } ?? .null,
        ]
    }
}
