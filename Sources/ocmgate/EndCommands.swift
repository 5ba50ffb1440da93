import ArgumentParser
import Federation
import Gateway

/// `ocmgate stop`: a gateway that runs ends soon.
struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "End the running gateway, after the requests in flight.",
        discussion: """
            It accepts nothing more, answers what is under way, and ends: what SIGTERM does, with an \
            answer when it is over. What takes longer than the limit is cut off. Exit codes: 0 ended, \
            2 no gateway runs, or it did not end.
            """)

    @OptionGroup var end: EndOptions

    func run() async throws { try await end.run(usual: 30) }
}

/// `ocmgate drain`: a gateway that runs ends when all is done.
struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "End the running gateway, once its downloads are over.",
        discussion: """
            As stop, but large files have the time that they take, up to ten minutes unless --limit \
            says otherwise. Exit codes: 0 ended, 2 no gateway runs, or it did not end.
            """)

    @OptionGroup var end: EndOptions

    func run() async throws { try await end.run(usual: 600) }
}

/// What `stop` and `drain` take.
struct EndOptions: ParsableArguments {
    @OptionGroup var option: ConfigurationOption

    @Option(help: "How long requests in flight may take, in seconds (stop 30, drain 600).")
    var limit: Int?

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard let limit, !(0...86_400).contains(limit) else { return }
        throw ValidationError("--limit is a number of seconds from 0 to 86400")
    }

    func run(usual: Int) async throws {
        let state = try option.served()
        let key = try state.key()
        let start = ContinuousClock.now
        do {
            try await Ending.ask(
                state.file, key, grace: .seconds(limit ?? usual),
                now: Environment.live.now())
        } catch { throw CommandFailure("\(error)") }
        let seconds = (ContinuousClock.now - start).wholeSeconds
        if json {
            Output.json(["ended": .bool(true), "seconds": .number(seconds)])
        } else {
            Output.line("ended after \(seconds) s")
        }
    }
}
