import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate config show`: every key with the value that counts, and where it comes from.
struct ConfigShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show every key, the value that counts, and where it is from.",
        discussion: """
            The origin is a line of the file, the profile, or "default". Secrets are never shown: \
            the configuration holds only the paths of their files.

            Exit code 0, or 2 when the configuration cannot be used.
            """)

    @Argument(help: "Only keys that begin so: limits, token.ttl.")
    var key: String?

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let effective: EffectiveConfiguration
        do throws(ConfigurationErrors) {
            let bytes = try option.bytes()
            effective = try EffectiveConfiguration(
                Configuration(bytes, file: option.name), text: bytes)
        } catch { throw CommandFailure(error) }
        let rows = effective.rows.filter { row in key.map { row.key.hasPrefix($0) } ?? true }
        if let key, rows.isEmpty {
            let known = remedy(for: key, among: effective.rows.map(\.key))
            throw CommandFailure("there is no key \(quoted(key))" + (known.map { "; \($0)" } ?? ""))
        }
        if json {
            Output.json(["file": .string(option.name), "keys": .list(rows.map(Self.json))])
            return
        }
        let lines = rows.map { row in
            (code: "\(row.key) = \(row.value.toml)", origin: row.origin.description)
        }
        let width = min(lines.map(\.code.count).max() ?? 0, 60)
        for line in lines {
            let space = String(repeating: " ", count: max(width - line.code.count, 0) + 2)
            Output.line("\(line.code)\(space)# \(line.origin)")
        }
    }

    private static func json(_ row: EffectiveConfiguration.Row) -> [String: Output.Value] {
        var members: [String: Output.Value] = ["key": .string(row.key), "value": .json(row.value)]
        switch row.origin {
        case .file(let file, let line):
            members["origin"] = .string("file")
            members["file"] = .string(file)
            members["line"] = .number(line)
        case .profile(let name):
            members["origin"] = .string("profile")
            members["profile"] = .string(name)
        case .builtIn: members["origin"] = .string("default")
        }
        return members
    }
}

extension JSONValue {
    /// As TOML writes it.
    fileprivate var toml: String {
        switch self {
        case .null: "\"\""
        case .bool(let flag): flag ? "true" : "false"
        case .number(let number): number.text
        case .string(let text): quoted(text)
        case .array(let elements): "[\(elements.map(\.toml).joined(separator: ", "))]"
        case .object(let object):
            object.members.isEmpty
                ? "{}"
                : "{ "
                    + object.members.map { "\(quoted($0.name)) = \($0.value.toml)" }
                    .joined(separator: ", ") + " }"
        }
    }
}
