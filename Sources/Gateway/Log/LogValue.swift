/// The value of a log field.
///
/// There is no way to make one of a `Secret`; what names a secret is its keyed fingerprint.
package enum LogValue: Sendable, Equatable {
    case text(String)
    case number(Int)
    case list([LogValue])
    case object([LogEntry])

    /// A list of texts.
    package static func texts(_ texts: some Sequence<String>) -> LogValue {
        .list(texts.map { .text($0) })
    }
}

/// One field of a line.
package struct LogEntry: Sendable, Equatable {
    package let name: LogField
    package let value: LogValue

    package init(_ name: LogField, _ value: LogValue) {
        self.name = name
        self.value = value
    }

    package init(_ name: LogField, _ text: String) { self.init(name, .text(text)) }

    package init(_ name: LogField, _ number: Int) { self.init(name, .number(number)) }

    /// nil when there is nothing to say: absent facts are absent fields.
    package init?(_ name: LogField, _ text: String?) {
        guard let text else { return nil }
        self.init(name, .text(text))
    }

    /// nil for an empty list.
    package init?(_ name: LogField, texts: [String]) {
        guard !texts.isEmpty else { return nil }
        self.init(name, .texts(texts))
    }
}
