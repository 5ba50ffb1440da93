import ArgumentParser
import Foundation

/// `ocmgate demo`: runs the program `ocmgate-demo` that lies beside this one
/// (`docs/decisions/0001`).
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract:
            "Show it at work: two legacy servers behind gateways, and their peers, on loopback.",
        discussion: """
            Exit codes: 0 every step was as expected, 1 one was not, or it was ended before, 2 it \
            cannot run.
            """)

    @Flag(help: "Print one JSON object at the end, and nothing else.")
    var json = false

    @Flag(help: "Leave everything running, and print what to try by hand.")
    var keep = false

    @Option(help: "Which old server is played: nextcloud or owncloud10.")
    var backend = Backend.nextcloud

    /// What `ocmgate-demo` can play.
    enum Backend: String, CaseIterable, ExpressibleByArgument { case nextcloud, owncloud10 }

    func run() async throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let program = (own as NSString).deletingLastPathComponent + "/ocmgate-demo"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw CommandFailure("\(program) is missing: it is built with the gateway")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments =
            (json ? ["--json"] : []) + (keep ? ["--keep"] : []) + ["--backend", backend.rawValue]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["OCMGATE": own], uniquingKeysWith: { _, new in new })
        let (ended, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = {
            end.yield($0.terminationStatus)
            end.finish()
        }
        try process.run()
        // It has a process group of its own: what is meant for both comes here alone.
        let signals = Signals([SIGTERM, SIGINT, SIGHUP])
        let (child, received) = (process.processIdentifier, signals.stream)
        let passing = Task {
            for await case .signal(let number) in received { kill(child, number) }
        }
        var status: Int32 = 0
        for await code in ended { status = code }
        passing.cancel()
        withExtendedLifetime(signals) {}
        throw status == 0 || status == 1 ? ExitCode(status) : Exit.cannotRun
    }
}
