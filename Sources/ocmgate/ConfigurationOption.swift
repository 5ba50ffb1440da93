import ArgumentParser
import Federation
import Foundation
import Gateway
import Synchronization

/// `-c FILE`, for every command that needs the configuration.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: [.customShort("c"), .customLong("config")],
        help: """
            The configuration, - for standard input; else $OCMGATE_CONFIG, ./config.toml, \
            /etc/ocmgate/config.toml.
            """)
    var file: String?

    /// The file to read.
    var path: String {
        if let file { return file }
        if let file = ProcessInfo.processInfo.environment["OCMGATE_CONFIG"], !file.isEmpty {
            return file
        }
        return FileManager.default.fileExists(atPath: Self.own) ? Self.own : Self.system
    }

    /// The file as messages name it.
    var name: String { InputFile.name(path) }

    /// Whether there is a configuration, or one was asked for.
    var isThere: Bool {
        path != Self.system || FileManager.default.fileExists(atPath: Self.system)
    }

    private static let own = "config.toml"
    private static let system = "/etc/ocmgate/config.toml"

    /// The configuration; what is wrong with it goes to standard error, line by line.
    func load() throws -> Configuration {
        do { return try read() } catch { throw CommandFailure(error) }
    }

    /// Where the state of a gateway that runs is, whatever else is wrong with the file.
    func state() throws -> Configuration.StateSettings {
        do throws(ConfigurationErrors) {
            return try Configuration.state(in: try bytes(), file: name)
        } catch { throw CommandFailure(error) }
    }

    /// Where the state of the gateway that is to be told something is.
    ///
    /// Refused: a place where none has ever run.
    func served() throws -> Configuration.StateSettings {
        let state = try state()
        guard Store.hasBegun(state.file) else {
            throw CommandFailure(
                "no gateway runs here: there is no \(state.file) yet; if state.url was "
                    + "changed while one runs, the old value finds it")
        }
        return state
    }

    /// The configuration, or what is wrong with it. Relative paths in what comes from standard
    /// input start at the folder of the caller.
    func read() throws(ConfigurationErrors) -> Configuration {
        guard path == "-" else { return try Configuration.load(file: path) }
        return try Configuration(bytes(), file: name)
    }

    /// The text of the configuration. From standard input it is read once, however often a command
    /// asks; another file that is to come from there is refused then.
    func bytes() throws(ConfigurationErrors) -> [UInt8] {
        guard path == "-" else { return try Configuration.bytes(of: path) }
        if let known = Self.fromInput.withLock({ $0 }) { return known }
        let bytes = try InputFile.standardInput()
        Self.fromInput.withLock { $0 = bytes }
        return bytes
    }

    private static let fromInput = Mutex<[UInt8]?>(nil)
}
