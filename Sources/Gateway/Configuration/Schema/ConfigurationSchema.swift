package import Federation

/// The JSON Schema of `config.toml`, for editors.
package enum ConfigurationSchema {
    package static var document: JSONValue {
        var members = ConfigurationTable.top.keys.map { ($0.name, $0.schema) }
        members.append(("listen", .array(of: ConfigurationTable.listen.schema, atLeast: 1)))
        members.append(("tls", .named("^.+$", ConfigurationTable.tls.schema)))
        members += tables.map { ($0.name, $0.schema) }
        return JSONSchema.table(members, required: ["site", "backend", "policy"])
            .saying(ConfigurationTable.top.description)
            .document(title: "ocmgate: config.toml")
    }

    /// The tables that stand there once, in the order of the reader.
    static let tables: [ConfigurationTable<Configuration>] = [
        .site, .backend, .outbound, .discovery, .signature, .token, .egress, .policy, .state,
        .journal, .limits, .log, .metrics, .admin,
    ]
}
