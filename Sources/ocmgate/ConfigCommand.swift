import ArgumentParser

/// `ocmgate config show|schema`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show what counts of the configuration, and what may stand in it.",
        subcommands: [ConfigShowCommand.self, ConfigSchemaCommand.self])
}
