import ArgumentParser
import Gateway

/// `ocmgate reload`: a gateway that runs reads everything again that may change.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Make the running gateway read its files again.",
        discussion: """
            What SIGHUP does, with an answer: policy and lists, keys, certificates and the \
            configuration are read again. A new policy passes its tests and invariants before it is \
            put in force in one step. Connections that stand, and what is under way on them, end as \
            they began. What cannot be used changes nothing, and what is wrong is told; keys of the \
            configuration that only a start can change are named. Exit codes: 0 all taken that can be, 1 \
            something is refused and stays as it was, 2 no gateway runs, or the configuration cannot be \
            read.
            """)

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let state = try option.served()
        let key = try state.key()
        let told: [String: String]
        do {
            told = try await PeerDecision.reload(
                state.file, key, now: Environment.live.now())
        } catch { throw CommandFailure("\(error)") }
        if json {
            Output.json([
                "policy": .optional(told["policy"]),
                "was": .optional(told["was"]),
                "problem": .optional(told["problem"]),
                "candidate_problem": .optional(told["candidate_problem"]),
                "keys_problem": .optional(told["keys_problem"]),
                "configuration_problem": .optional(told["configuration_problem"]),
                "configuration_note": .optional(told["configuration_note"]),
                "taken": .strings(lines(told["taken"])),
                "waiting": .strings(lines(told["waiting"])),
            ])
        } else {
            tell(told)
        }
        if Self.problems.contains(where: { told[$0] != nil }) { throw Exit.findings }
    }

    private static let problems = [
        "problem", "candidate_problem", "keys_problem", "configuration_problem",
    ]

    private func tell(_ told: [String: String]) {
        if let problem = told["problem"] {
            Output.error("the old policy stays:\n\(problem)")
        } else {
            let (was, now) = (told["was"] ?? "", told["policy"] ?? "")
            Output.line(was == now ? "policy \(now), as before" : "policy \(now), was \(was)")
        }
        if let problem = told["candidate_problem"] {
            Output.error("the candidate is refused:\n\(problem)")
        }
        if let problem = told["keys_problem"] {
            Output.error("the signing keys stay as they were:\n\(problem)")
        }
        if let problem = told["configuration_problem"] {
            Output.error("of configuration and certificates these stay as they were:\n\(problem)")
        }
        if let note = told["configuration_note"] { Output.line("configuration: \(note)") }
        for key in lines(told["taken"]) { Output.line("configuration: \(key) has changed") }
        for key in lines(told["waiting"]) {
            Output.line("configuration: \(key) counts from the next start on")
        }
    }

    private func lines(_ text: String?) -> [String] {
        text?.split(separator: "\n").map(String.init) ?? []
    }
}
