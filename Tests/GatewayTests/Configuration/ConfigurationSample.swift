import Federation
import Foundation
import Gateway

/// Configurations of the tests.
enum ConfigurationSample {
    /// The required keys alone: six lines.
    static let required = """
        [site]
        origin = "https://cloud.test"
        [backend]
        url = "http://127.0.0.1:8080"
        [policy]
        file = "policy.toml"

        """

    /// The example of the design: every key there is.
    static func example() throws -> String {
        let file = URL(filePath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/configuration/example.toml")
        return try String(contentsOf: file, encoding: .utf8)
    }

    /// The example without what is not available yet.
    static func availableExample() throws -> String {
        var text = try example()
        for (written, off) in [
            (#"listen = "127.0.0.1:9464""#, #"listen = """#),
            (#"socket = "/run/ocmgate/admin.sock""#, #"socket = """#),
            (#"page   = "127.0.0.1:9465""#, #"page   = """#),
        ] {
            guard text.contains(written) else { throw NotInExample(text: written) }
            text = text.replacing(written, with: off)
        }
        return text
    }

    struct NotInExample: Error { let text: String }

    static func read(
        _ text: String, file: String = "/etc/ocmgate/config.toml"
    ) throws(ConfigurationErrors) -> Configuration {
        try Configuration(Array(text.utf8), file: file)
    }

    /// What is wrong with it, each as the operator sees it; empty for a text that loads.
    static func findings(_ text: String) -> [String] {
        do throws(ConfigurationErrors) {
            _ = try read(text, file: "config.toml")
            return []
        } catch { return error.all.map(\.description) }
    }
}
