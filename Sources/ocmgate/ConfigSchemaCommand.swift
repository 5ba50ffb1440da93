import ArgumentParser
import Federation
import Gateway

/// `ocmgate config schema [config|policy]`: the JSON Schema of one of both files, for editors.
struct ConfigSchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of config.toml or policy.toml.",
        discussion: """
            For editors that complete and check TOML as it is written (Taplo, Even Better TOML in \
            VS Code): write the schema beside the file, and as the file's first line

                #:schema ./policy.schema.json

            What a schema cannot say, ocmgate check and ocmgate policy test do. It is JSON with or \
            without --json; draft 2020-12.
            """)

    @Argument(help: "config or policy.")
    var file = File.config

    @Flag(help: "Print it on one line.")
    var json = false

    /// Which of the two files is described.
    enum File: String, ExpressibleByArgument, CaseIterable { case config, policy }

    func run() {
        let schema =
            switch file {
            case .config: ConfigurationSchema.document
            case .policy: PolicySchema.document
            }
        Output.text(json ? Output.text(of: schema) : Output.readable(schema))
    }
}
