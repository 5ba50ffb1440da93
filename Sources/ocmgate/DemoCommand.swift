import ArgumentParser
import Foundation

/// `ocmgate demo`: runs the program `ocmgate-demo` that lies beside this one
/// (`docs/decisions/0001`).
struct DemoCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "A legacy server behind the gateway and three peers, on loopback.",
        discussion: "Exit code 0 only when every step was as expected.")

    @Flag(help: "Print one JSON object at the end, and nothing else.")
    var json = false

    @Flag(help: "Leave everything running, and print what to try by hand.")
    var keep = false

    @Option(help: "Which old server is played: nextcloud or owncloud10.")
    var backend = "nextcloud"

    func run() throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let program = (own as NSString).deletingLastPathComponent + "/ocmgate-demo"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw CommandFailure("\(program) is missing: it is built with the gateway")
        }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments =
            (json ? ["--json"] : []) + (keep ? ["--keep"] : []) + ["--backend", backend]
        process.environment = ProcessInfo.processInfo.environment.merging(
            ["OCMGATE": own], uniquingKeysWith: { _, new in new })
        try process.run()
        process.waitUntilExit()
        throw ExitCode(process.terminationStatus)
    }
}
