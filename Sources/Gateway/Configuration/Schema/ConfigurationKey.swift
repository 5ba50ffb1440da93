package import Federation

/// One key of a table of `config.toml`: what may stand there, for the schema, and what counts in a
/// configuration that was read, for `config show`.
package struct ConfigurationKey<Part: Sendable>: Sendable {
    /// As it is written; `timeouts.connect` is a key of an inline table.
    package let name: String
    /// With its description, and its default where that does not hang on other keys.
    package let schema: JSONSchema
    /// Where its value comes from when it is not written.
    package let whenMissing: WhenMissing
    /// What counts; nil for what is not there at all.
    package let value: @Sendable (Part) -> JSONValue?

    /// What holds where the key is not written.
    package enum WhenMissing: Sendable, Equatable {
        case builtIn
        /// What the profile says.
        case profile
        /// It must be written.
        case required
    }

    init(
        _ name: String, _ schema: JSONSchema, _ whenMissing: WhenMissing = .builtIn,
        _ value: @escaping @Sendable (Part) -> JSONValue?
    ) {
        self.name = name
        self.schema = schema
        self.whenMissing = whenMissing
        self.value = value
    }
}

/// A table of the configuration with its keys.
package struct ConfigurationTable<Part: Sendable>: Sendable {
    package let name: String
    package let description: String
    package let keys: [ConfigurationKey<Part>]

    init(_ name: String, _ description: String, _ keys: [ConfigurationKey<Part>]) {
        self.name = name
        self.description = description
        self.keys = keys
    }

    /// The schema of the table; keys with a dot become those of a table inside.
    var schema: JSONSchema {
        var members: [(String, JSONSchema)] = []
        var inner: [(name: String, members: [(String, JSONSchema)])] = []
        for key in keys {
            let parts = key.name.split(separator: ".").map(String.init)
            guard parts.count == 2 else {
                members.append((key.name, key.schema))
                continue
            }
            if let place = inner.firstIndex(where: { $0.name == parts[0] }) {
                inner[place].members.append((parts[1], key.schema))
            } else {
                inner.append((parts[0], [(parts[1], key.schema)]))
            }
        }
        for table in inner { members.append((table.name, .table(table.members, required: []))) }
        let required = keys.filter { $0.whenMissing == .required }.map(\.name)
        return JSONSchema.table(members, required: required).saying(description)
    }
}
