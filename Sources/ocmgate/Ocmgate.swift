import ArgumentParser
import Foundation

/// The program: every command is a file of its own.
@main
struct Ocmgate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ocmgate",
        abstract:
            "A security gateway for Open Cloud Mesh in front of a server that stays as it is.",
        discussion: """
            Exit codes: 0 fine, 1 findings, 2 cannot run, 3 refused by policy. `ocmgate -t` is \
            `ocmgate check`.
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, CheckCommand.self, InitCommand.self, DemoCommand.self,
            DiscoverCommand.self, PolicyCommand.self, KeyCommand.self, PeerCommand.self,
            ShareCommand.self, TokenCommand.self, SigCommand.self, VersionCommand.self,
        ])

    /// `-t` works as in nginx; what a command cannot do is exit code 2 and one line.
    static func main() async {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "-t" { arguments[0] = "check" }
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let failure as CommandFailure {
            Output.error("ocmgate: \(failure)")
            exit(withError: Exit.cannotRun)
        } catch {
            let code = exitCode(for: error)
            if code == .validationFailure {
                Output.error(fullMessage(for: error))
                exit(withError: Exit.cannotRun)
            }
            exit(withError: error)
        }
    }
}
