/// One thing in a file of the operator's that is wrong, where it stands, and what mends it.
package struct ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    package let file: String
    /// Nil when the fault is of the file as a whole (it cannot be read).
    package let position: SourcePosition?
    /// What is wrong; one sentence without a full stop.
    package let message: String
    /// What mends it, when that is known ("did you mean \"standing\"?").
    package let remedy: String?

    package init(
        file: String, position: SourcePosition?, message: String, remedy: String? = nil
    ) {
        self.file = file
        self.position = position
        self.message = message
        self.remedy = remedy
    }

    package var line: Int? { position?.line }
    package var column: Int? { position?.column }

    /// `file:line:column: message; remedy`, as compilers write it.
    package var description: String {
        let place = position.map { "\(file):\($0.line):\($0.column)" } ?? file
        return "\(place): \(message)" + (remedy.map { "; \($0)" } ?? "")
    }
}

/// Everything that is wrong in what was read, in order of file and position; never empty.
package struct ConfigurationErrors: Error, Sendable, Equatable, CustomStringConvertible {
    package let all: [ConfigurationError]

    package init(_ first: ConfigurationError, _ rest: [ConfigurationError] = []) {
        all = [first] + rest
    }

    package init?(_ errors: [ConfigurationError]) {
        guard !errors.isEmpty else { return nil }
        all = errors
    }

    package var description: String { all.map(\.description).joined(separator: "\n") }
}
