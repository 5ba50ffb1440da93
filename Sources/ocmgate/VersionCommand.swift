import ArgumentParser

/// `ocmgate version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version.")

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() {
        if json {
            Output.json(["version": .string(Version.text)])
        } else {
            Output.line("ocmgate \(Version.text)")
        }
    }
}

/// The version of this program.
enum Version {
    static let text = "0.1.0"
}
