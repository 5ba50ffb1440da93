package import Federation
import Foundation

extension Configuration {
    /// Reads and checks the file.
    ///
    /// Refused, all of it at once with its places: unknown keys, wrong types, bad values, names that
    /// are not defined, and keys whose function is not available yet; and a file that everybody may
    /// write, or replace in its folder.
    package static func load(file: String) throws(ConfigurationErrors) -> Configuration {
        var configuration = try Configuration(bytes(of: file), file: file)
        configuration.source = file
        if let error = ConfigurationErrors(ConfigurationError.openToAll([file])) { throw error }
        return configuration
    }

    /// The text of the file. Refused: one that is not there, or cannot be read.
    package static func bytes(of file: String) throws(ConfigurationErrors) -> [UInt8] {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            let problem = PrivateFile.unread(file)
            throw ConfigurationErrors(
                ConfigurationError(
                    file: file, position: nil, message: problem.what,
                    remedy: problem.remedy.isEmpty
                        ? "ocmgate init writes one; -c names another" : problem.remedy))
        }
        return [UInt8](bytes)
    }

    /// Where the state is, for commands to a gateway that runs on with what it had while another part of
    /// its file is broken.
    ///
    /// Refused: what is no TOML, and what is wrong with `[state]` itself.
    package static func state(
        in bytes: [UInt8], file: String
    ) throws(ConfigurationErrors) -> StateSettings {
        let findings = Findings(file: file)
        var reader = ConfigurationReader(file: file, findings: findings)
        var top = TOMLTableReader(try TOMLDocument(bytes, file: file), findings: findings)
        reader.read(.state, &top)
        try findings.check()
        return reader.configuration.state
    }

    /// Reads the text of a configuration that `file` names in messages; what `load` has not read has no
    /// source. Refused: what `load` refuses in the text.
    package init(_ bytes: [UInt8], file: String) throws(ConfigurationErrors) {
        let document = try TOMLDocument(bytes, file: file)
        let findings = Findings(file: file)
        var reader = ConfigurationReader(file: file, findings: findings)
        let configuration = reader.read(document)
        try findings.check()
        self = configuration
    }
}
