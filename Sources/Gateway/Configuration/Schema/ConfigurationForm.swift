import Federation
import Foundation
import OpenSSL

/// How a value of `config.toml` looks: how it is read, what the schema says of it, and how it is written
/// for `config show`.
struct ConfigurationForm<Value>: Sendable {
    let form: TOMLForm<Value>
    /// As far as a pattern can say it: never narrower than the form.
    let schema: JSONSchema
    /// As the file would have it; nil for what is not there.
    let written: @Sendable (Value) -> JSONValue?
    /// Whether `""` is taken too, and turns off what the table is for.
    private(set) var turnsOff = false

    init(
        _ form: TOMLForm<Value>, _ schema: JSONSchema,
        written: @escaping @Sendable (Value) -> JSONValue?
    ) {
        self.form = form
        self.schema = schema
        self.written = written
    }

    /// A form for strings in which `parse` finds a value.
    ///
    /// - Parameter remedy: what to write in place of one in which it finds none.
    static func text(
        _ expected: String, _ schema: JSONSchema,
        remedy: @escaping @Sendable (String) -> String? = { _ in nil },
        written: @escaping @Sendable (Value) -> String,
        _ parse: @escaping @Sendable (String) -> Value?
    ) -> ConfigurationForm {
        ConfigurationForm(.text(expected, remedy: remedy, parse), schema) { .string(written($0)) }
    }

    /// The same form, read as something else; `back` is what would be written for that.
    func map<Other>(
        _ transform: @escaping @Sendable (Value) -> Other,
        back: @escaping @Sendable (Other) -> Value?
    ) -> ConfigurationForm<Other> {
        ConfigurationForm<Other>(form.map(transform), schema) { back($0).flatMap(written) }
    }

    var array: ConfigurationForm<[Value]> {
        ConfigurationForm<[Value]>(form.array, .array(of: schema)) {
            .array($0.compactMap(written))
        }
    }

    /// For a key that need not have a value.
    var optional: ConfigurationForm<Value?> { map({ $0 }, back: { $0 }) }

    /// Also `""`, which leaves the value as it was: see `TOMLTableReader.isOff`.
    var orOff: ConfigurationForm {
        let other = TOMLForm(form.expected) { node, findings in
            node.content == .string("") ? nil : form.read(node, findings)
        }
        var both = ConfigurationForm(other, .either([schema, .word([""])]), written: written)
        both.turnsOff = true
        return both
    }
}

extension TOMLTableReader {
    /// Whether the value of a key is `""`, which turns off what the table is for.
    mutating func isOff(by key: String) -> Bool { node(key)?.content == .string("") }
}

extension ConfigurationForm
where Value: RawRepresentable & CaseIterable & SendableMetatype, Value.RawValue == String {
    /// One of the words of an enumeration.
    static func word(_ kind: String = "value") -> ConfigurationForm {
        ConfigurationForm(.word(kind), .word(Value.self)) { .string($0.rawValue) }
    }
}

extension ConfigurationForm {
    /// Any number of the words of an enumeration, in whatever order.
    static func words<Word>(_ kind: String) -> ConfigurationForm
    where
        Value == Set<Word>, Word: Hashable & CaseIterable & RawRepresentable & SendableMetatype,
        Word.RawValue == String
    {
        ConfigurationForm<Word>.word(kind).array.map(
            { Set($0) }, back: { words in Word.allCases.filter(words.contains) })
    }
}

extension ConfigurationForm where Value: Equatable & Sendable {
    /// One of some words, or an array of something.
    static func words(
        _ words: KeyValuePairs<String, Value>, or array: ConfigurationForm, of kind: String
    ) -> ConfigurationForm {
        let expected =
            words.map { quoted($0.key) }.joined(separator: ", ") + " or an array of \(kind)"
        let form = TOMLForm<Value>(expected) { node, findings in
            let word = words.first { node.content == .string($0.key) }
            if let word { return word.value }
            if case .array = node.content { return array.form.read(node, findings) }
            findings.report(node.position, "this is not \(expected)")
            return nil
        }
        return ConfigurationForm(form, .either([.word(words.map(\.key)), array.schema])) { value in
            array.written(value) ?? words.first { $0.value == value }.map { .string($0.key) }
        }
    }
}

extension ConfigurationForm<Int> {
    static func integer(_ range: ClosedRange<Int>) -> ConfigurationForm {
        let schema: JSONSchema =
            range.count == 1 ? .integer([range.lowerBound]) : .integer(range)
        return ConfigurationForm(.integer(range), schema) { .integer($0) }
    }

    /// A number of bytes.
    static func kibibytes(_ range: ClosedRange<Int>) -> ConfigurationForm {
        let (least, most) = (ByteCount(range.lowerBound << 10), ByteCount(range.upperBound << 10))
        return ConfigurationForm(
            TOMLForm<ByteCount>.byteCount(from: least, to: most).map(\.bytes), .byteCount
        ) { .string(ByteCount($0).description) }
    }

    /// A time in whole days.
    static func days(_ range: ClosedRange<Int>) -> ConfigurationForm {
        let time = ConfigurationForm<Duration>.seconds(
            range.lowerBound * 86_400...range.upperBound * 86_400)
        let days = TOMLForm<Int>("a number of days") { node, findings in
            guard let seconds = time.form.read(node, findings)?.wholeSeconds else { return nil }
            let days = seconds / 86_400
            if seconds % 86_400 == 0 { return days }
            findings.report(
                node.position, "this is no whole number of days",
                remedy: "write \(days)d or \(days + 1)d")
            return nil
        }
        return ConfigurationForm(days, time.schema) { time.written(.seconds($0 * 86_400)) }
    }
}

extension ConfigurationForm<Duration> {
    static func milliseconds(_ range: ClosedRange<Int>) -> ConfigurationForm {
        let (least, most) = (range.lowerBound, range.upperBound)
        return ConfigurationForm(
            .duration(from: .milliseconds(least), to: .milliseconds(most)), .duration
        ) { .string($0.configured) }
    }

    /// Of which only whole seconds would count.
    static func seconds(_ range: ClosedRange<Int>) -> ConfigurationForm {
        let (least, most) = (range.lowerBound, range.upperBound)
        return ConfigurationForm(.seconds(from: .seconds(least), to: .seconds(most)), .duration) {
            .string($0.configured)
        }
    }
}

extension ConfigurationForm<String> {
    static let line = ConfigurationForm(.line, .line) { .string($0) }

    /// The path of a file or folder.
    static let path = ConfigurationForm(TOMLForm<String>.line.asPath, .path) { .string($0) }
}

extension ConfigurationForm<String?> {
    /// As `path`; `""` for none.
    static let pathOrNone = ConfigurationForm(
        TOMLForm<String?>("a string") { node, findings in
            TOMLForm<String>.string.read(node, findings).map {
                $0.isEmpty ? nil : findings.path($0)
            }
        }, .text
    ) { .string($0 ?? "") }
}

extension JSONSchema {
    /// The path of a file or folder.
    static let path = text(#"^[^\x00-\x1f\x7f]+$"#)
    /// Some text without blanks, for what only the reader understands.
    static let word = text(#"^[^\s\x00-\x1f\x7f]+$"#)
}

extension TOMLForm<String> {
    /// The same text as a path.
    var asPath: TOMLForm {
        TOMLForm(expected) { node, findings in read(node, findings).map(findings.path) }
    }
}

extension Findings {
    /// A path; relative ones start at the folder of the file that is read.
    func path(_ text: String) -> String {
        guard !text.hasPrefix("/") else { return text }
        let folder = (file as NSString).deletingLastPathComponent
        return folder.isEmpty ? text : (folder as NSString).appendingPathComponent(text)
    }
}
