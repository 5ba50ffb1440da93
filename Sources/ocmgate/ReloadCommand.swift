import ArgumentParser
import Foundation
import Gateway

/// `ocmgate reload`: a gateway that runs reads policy and keys again.
struct ReloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Make the running gateway read its policy and keys again.",
        discussion: """
            What SIGHUP does, with an answer: the new policy is read, and passes its tests and \
            invariants, before it is put in force in one step; otherwise the old one stays, and what \
            is wrong is told. Exit codes: 0 taken, 1 the old policy stays, 2 no gateway runs.
            """)

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let settings = try option.load()
        let key = try ShareCommand.sealKey(settings, whenMissing: .refuse)
        let told: [String: String]
        do {
            told = try await PeerDecision.reload(
                settings.state.file, key, now: Int(Date().timeIntervalSince1970))
        } catch { throw CommandFailure("\(error)") }
        if json {
            Output.json([
                "policy": told["policy"].map { .string($0) } ?? .null,
                "was": told["was"].map { .string($0) } ?? .null,
                "problem": told["problem"].map { .string($0) } ?? .null,
            ])
        } else if let problem = told["problem"] {
            Output.error("the old policy stays:\n\(problem)")
        } else {
            let (was, now) = (told["was"] ?? "", told["policy"] ?? "")
            Output.line(was == now ? "policy \(now), as before" : "policy \(now), was \(was)")
        }
        if told["problem"] != nil { throw Exit.findings }
    }
}
