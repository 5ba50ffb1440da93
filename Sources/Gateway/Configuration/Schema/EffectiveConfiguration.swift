package import Federation

/// What counts, key by key, and where it comes from: for `config show`.
///
/// No value of a configuration is secret: those of keys are paths, or names of variables.
package struct EffectiveConfiguration: Sendable {
    /// Where a value comes from.
    package enum Origin: Sendable, Equatable, CustomStringConvertible {
        case file(String, line: Int)
        case profile(String)
        case builtIn

        package var description: String {
            switch self {
            case .file(let file, let line): "\(file):\(line)"
            case .profile(let name): "profile \(name)"
            case .builtIn: "default"
            }
        }
    }

    /// A key with the value that is in force.
    package struct Row: Sendable {
        /// `limits.headers`, `listen[0].address`, `tls."cloud.uni.example".cert`.
        package let key: String
        package let value: JSONValue
        package let origin: Origin
    }

    package private(set) var rows: [Row] = []
    private let configuration: Configuration

    /// Of a configuration, and the text that it was read from.
    package init(_ configuration: Configuration, text: [UInt8]) throws(ConfigurationErrors) {
        self.init(configuration, root: try TOMLDocument(text, file: configuration.file).root)
    }

    /// The values of a configuration, whatever they come from.
    static func values(of configuration: Configuration) -> [String: JSONValue] {
        let rows = EffectiveConfiguration(configuration, root: nil).rows
        return Dictionary(rows.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    }

    private init(_ configuration: Configuration, root: TOMLNode?) {
        self.configuration = configuration
        for key in ConfigurationTable.top.keys { add(key, of: configuration, "", root) }
        for (number, listener) in configuration.listeners.enumerated() {
            let node = root?["listen"]?[number]
            for key in ConfigurationTable.listen.keys {
                add(key, of: listener, "listen[\(number)].", node)
            }
        }
        for (name, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            let node = root?["tls"]?[name]
            for key in ConfigurationTable.tls.keys {
                add(key, of: settings, "tls.\(quoted(name)).", node)
            }
        }
        for table in ConfigurationSchema.tables {
            for key in table.keys {
                add(key, of: configuration, "\(table.name).", root?[table.name])
            }
        }
    }

    private mutating func add<Part>(
        _ key: ConfigurationKey<Part>, of part: Part, _ path: String, _ table: TOMLNode?
    ) {
        guard let value = key.value(part) else { return }
        var node = table
        for step in key.name.split(separator: ".") { node = node?[String(step)] }
        let origin: Origin =
            if let node {
                .file(configuration.file, line: node.position.line)
            } else if key.whenMissing == .profile {
                .profile(configuration.profile.rawValue)
            } else {
                .builtIn
            }
        rows.append(Row(key: path + key.name, value: value, origin: origin))
    }
}
