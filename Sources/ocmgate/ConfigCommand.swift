import ArgumentParser

/// `ocmgate config show|schema`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show which values count, and which keys there are.",
        subcommands: [ConfigShowCommand.self, ConfigSchemaCommand.self])
}
