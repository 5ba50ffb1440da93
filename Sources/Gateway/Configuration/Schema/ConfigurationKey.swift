import Federation

/// One key of a table of `config.toml`: what may stand there, where it is kept, and the sentence for people.
struct ConfigurationKey<Part: Sendable>: Sendable {
    /// As it is written; `timeouts.connect` is a key of an inline table.
    let name: String
    /// With its description, and its default where that does not hang on other keys.
    fileprivate(set) var schema: JSONSchema
    let whenMissing: WhenMissing
    /// What counts; nil for what is not there at all.
    let value: @Sendable (Part) -> JSONValue?
    /// Reads it from its table and keeps it; false where one that must be written is not, or is wrong.
    let read: @Sendable (inout TOMLTableReader, inout Part) -> Bool
    /// Whether `""` turns off what the table is for.
    fileprivate var turnsOff = false
}

/// What holds where a key is not written.
enum WhenMissing: Sendable {
    /// What the part says that nothing was read into.
    case builtIn
    /// What other keys say.
    case derived
    /// What the profile says.
    case profile
    /// It must be written.
    case required
}

extension ConfigurationKey {
    init<Value>(
        _ name: String, _ place: any WritableKeyPath<Part, Value> & Sendable,
        _ form: ConfigurationForm<Value>, _ description: String,
        _ whenMissing: WhenMissing = .builtIn
    ) {
        let word = split(name).word
        let isRequired = whenMissing == .required
        self.init(
            name: name, schema: form.schema.saying(description), whenMissing: whenMissing,
            value: { form.written($0[keyPath: place]) },
            read: { table, part in
                let value =
                    isRequired ? table.require(word, form.form) : table.read(word, form.form)
                guard let value else { return !isRequired }
                part[keyPath: place] = value
                return true
            }, turnsOff: form.turnsOff)
    }

    /// A key whose function comes later: what asks for it is refused, after what is wrong with the value; what
    /// turns it off (`""`) is taken.
    static func later<Value>(
        _ name: String, _ form: ConfigurationForm<Value>, _ description: String
    ) -> ConfigurationKey {
        let form = form.orOff
        let notice = "Not available in this version: only the empty value is taken."
        return ConfigurationKey(
            name: name, schema: form.schema.saying("\(description) \(notice)"),
            whenMissing: .builtIn, value: { _ in .string("") },
            read: { table, _ in
                if table.read(name, form.form) != nil, let node = table.node(name) {
                    table.findings.notYet(
                        "\(table.path).\(name)", at: node.position,
                        remedy: #"\#(name) = "" turns it off"#)
                }
                return true
            })
    }

    /// The same key of a whole that has the part; of one that has not, only the key by which it is turned
    /// off counts.
    fileprivate func within<Whole>(
        _ part: @escaping @Sendable (Whole) -> Part?,
        _ keep: @escaping @Sendable (inout Whole, Part) -> Void
    ) -> ConfigurationKey<Whole> {
        ConfigurationKey<Whole>(
            name: name, schema: schema, whenMissing: whenMissing,
            value: { part($0).map(value) ?? (turnsOff ? .string("") : nil) },
            read: { table, whole in
                guard var changed = part(whole) else { return true }
                defer { keep(&whole, changed) }
                return read(&table, &changed)
            })
    }
}

/// A table of the configuration with its keys.
struct ConfigurationTable<Part: Sendable>: Sendable {
    let name: String
    let description: String
    let keys: [ConfigurationKey<Part>]

    /// - Parameter standard: what counts where nothing is written.
    init(
        _ name: String, _ description: String, _ standard: Part, _ keys: [ConfigurationKey<Part>]
    ) {
        self.name = name
        self.description = description
        self.keys = keys.map { key in
            var key = key
            if key.whenMissing == .builtIn, let value = key.value(standard) {
                key.schema = key.schema.standard(value)
            }
            return key
        }
    }

    /// The keys by the inline table that they stand in.
    private var groups: [(table: String?, keys: [ConfigurationKey<Part>])] {
        keys.reduce(into: []) { groups, key in
            let table = split(key.name).table
            if let last = groups.indices.last, groups[last].table == table {
                groups[last].keys.append(key)
            } else {
                groups.append((table, [key]))
            }
        }
    }

    /// The schema of the table.
    var schema: JSONSchema {
        var members: [(String, JSONSchema)] = []
        for (table, keys) in groups {
            let inner = keys.map { (split($0.name).word, $0.schema) }
            if let table {
                members.append((table, .table(inner, required: [])))
            } else {
                members += inner
            }
        }
        let required = keys.filter { $0.whenMissing == .required }.map(\.name)
        return JSONSchema.table(members, required: required).saying(description)
    }

    /// Reads all keys; false where one that must be written is not, or is wrong.
    @discardableResult
    func read(_ table: inout TOMLTableReader, into part: inout Part) -> Bool {
        groups.reduce(true) { isWhole, group in
            guard let name = group.table else {
                return group.keys.reduce(isWhole) { $1.read(&table, &part) && $0 }
            }
            var inner = table.tableOrEmpty(name)
            defer { inner.finish() }
            return group.keys.reduce(isWhole) { $1.read(&inner, &part) && $0 }
        }
    }
}

extension ConfigurationTable<Configuration> {
    /// A table that stands there once.
    init<Section>(
        _ name: String, _ place: any WritableKeyPath<Configuration, Section> & Sendable,
        _ description: String, _ keys: [ConfigurationKey<Section>]
    ) {
        self.init(
            name, description, .standard,
            keys.map { $0.within({ $0[keyPath: place] }, { $0[keyPath: place] = $1 }) })
    }

    /// A table that can be turned off.
    init<Section>(
        _ name: String, orNone place: any WritableKeyPath<Configuration, Section?> & Sendable,
        _ description: String, _ keys: [ConfigurationKey<Section>]
    ) {
        self.init(
            name, description, .standard,
            keys.map { $0.within({ $0[keyPath: place] }, { $0[keyPath: place] = $1 }) })
    }
}

/// The inline table, and the key in it.
private func split(_ name: String) -> (table: String?, word: String) {
    guard let dot = name.firstIndex(of: ".") else { return (nil, name) }
    return (String(name[..<dot]), String(name[name.index(after: dot)...]))
}
