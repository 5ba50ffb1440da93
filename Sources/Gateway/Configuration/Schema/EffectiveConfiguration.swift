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
        add(.top, of: configuration, "", root)
        for (number, listener) in configuration.listeners.enumerated() {
            add(.listen, of: listener, "listen[\(number)].", root?["listen"]?[number])
        }
        for (name, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            add(.tls, of: settings, "tls.\(quoted(name)).", root?["tls"]?[name])
        }
        for table in ConfigurationSchema.tables {
            add(table, of: configuration, "\(table.name).", root?[table.name])
        }
    }

    private mutating func add<Part>(
        _ table: ConfigurationTable<Part>, of part: Part, _ path: String, _ node: TOMLNode?
    ) {
        for key in table.keys {
            guard let value = key.value(part) else { continue }
            let written = key.name.split(separator: ".").reduce(node) { $0?[String($1)] }
            let origin: Origin =
                if let written {
                    .file(configuration.file, line: written.position.line)
                } else if key.whenMissing == .profile {
                    .profile(configuration.profile.rawValue)
                } else {
                    .builtIn
                }
            rows.append(Row(key: path + key.name, value: value, origin: origin))
        }
    }
}
