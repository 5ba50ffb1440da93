import ArgumentParser
import Federation
import Foundation
import Gateway

/// `-c FILE`, for every command that needs the configuration.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: "The configuration; else $OCMGATE_CONFIG, ./config.toml, /etc/ocmgate/config.toml.")
    var file: String?

    /// The file to read.
    var path: String {
        if let file { return file }
        if let file = ProcessInfo.processInfo.environment["OCMGATE_CONFIG"] { return file }
        let own = "config.toml"
        return FileManager.default.fileExists(atPath: own) ? own : "/etc/ocmgate/config.toml"
    }

    /// The configuration; what is wrong with it goes to standard error, line by line.
    func load() throws -> Configuration {
        do { return try Configuration.load(file: path) } catch {
            throw CommandFailure(error.description)
        }
    }
}
