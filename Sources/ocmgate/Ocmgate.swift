import ArgumentParser
import Federation
import Foundation
import Gateway
import OpenSSL

/// The program: every command is a file of its own.
@main
struct Ocmgate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ocmgate",
        abstract:
            "A security gateway for Open Cloud Mesh in front of a server that stays as it is.",
        discussion: """
            To begin: ocmgate init nextcloud && ocmgate check && ocmgate run.

            Exit codes: 0 fine, 1 findings, 2 cannot run, 3 refused by policy. Every command has \
            --json; where a file is read, - is standard input. `ocmgate -t` is `ocmgate check`, \
            `ocmgate -v` is `ocmgate version`.
            """,
        version: Version.text,
        subcommands: [
            RunCommand.self, ReloadCommand.self, DrainCommand.self, StopCommand.self,
            CheckCommand.self, InitCommand.self,
            DemoCommand.self, ConfigCommand.self, DiscoverCommand.self, PolicyCommand.self,
            ExplainCommand.self, PeerCommand.self, ListCommand.self, ShareCommand.self,
            JournalCommand.self, KeyCommand.self, TokenCommand.self, SigCommand.self,
            VersionCommand.self,
        ])

    /// `-t` and `-v` work as in nginx; what a command cannot do is exit code 2.
    static func main() async {
        Cryptography.outlivesExit()
        // Nobody but its owner writes to what we make, whatever the shell allows: we would refuse it.
        _ = umask(umask(0o022) | 0o022)
        HelpWidth.widen()
        Migration.tell { Output.error("ocmgate: \($0.words)") }
        let given = Array(CommandLine.arguments.dropFirst())
        let arguments = NginxArguments.meant(given) ?? given
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            end(.success)
        } catch let code as ExitCode {
            end(code)
        } catch let failure as CommandFailure {
            fail(failure.description, failure.errors, arguments)
        } catch {
            let named = Array(arguments.drop { $0 == "help" })
            if let later = LaterCommand(named) { fail("ocmgate: \(later)", [], arguments) }
            if let unknown = UnknownCommand(named) { fail("ocmgate: \(unknown)", [], arguments) }
            // Help and version are "errors" too, with exit code 0.
            if exitCode(for: error) == .success {
                StandardOutput.write("\(fullMessage(for: error))\n".utf8)
                end(.success)
            }
            fail(fullMessage(for: error), [], arguments)
        }
    }

    /// Says why it cannot run, to people and, when they asked for it, to programs.
    private static func fail(
        _ message: String, _ errors: [ConfigurationError], _ arguments: [String]
    ) -> Never {
        if arguments.contains("--json") { Output.json(Output.failure(message, errors)) }
        // The service manager files each line under its priority, as it does with the log's.
        Output.error(
            GatewayLog.isReadByServiceManager
                ? message.split(separator: "\n", omittingEmptySubsequences: false)
                    .map { "<3>\($0)" }.joined(separator: "\n")
                : message)
        end(Interruption.exitCode.map { ExitCode($0) } ?? Exit.cannotRun)
    }

    /// Ends when everything is written; with `Exit.cannotRun` when it cannot be.
    private static func end(_ code: ExitCode) -> Never {
        StandardOutput.flush()
        exit(withError: code)
    }
}
