/// What a value of a TOML file may be, as a JSON Schema (draft 2020-12) for editors.
///
/// A schema never refuses what the reader takes; some things it cannot say, and only the reader
/// refuses them (a date in quotes, a name that no list has).
package struct JSONSchema: Sendable {
    package private(set) var json: JSONObject

    package init(_ members: [(String, JSONValue)]) {
        json = JSONObject(members)
    }

    package static let boolean = JSONSchema([("type", .string("boolean"))])

    /// Any text.
    package static let text = JSONSchema([("type", .string("string"))])

    /// One line that says something.
    package static let line = JSONSchema([
        ("type", .string("string")),
        ("pattern", .string(#"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"#)),
        ("maxLength", .integer(1024)),
    ])

    /// Text that a regular expression matches.
    package static func text(_ pattern: String) -> JSONSchema {
        JSONSchema([("type", .string("string")), ("pattern", .string(pattern))])
    }

    /// One of some words.
    package static func word(_ words: [String]) -> JSONSchema {
        JSONSchema([("type", .string("string")), ("enum", .array(words.map { .string($0) }))])
    }

    /// One of the words of an enumeration.
    package static func word<Word>(_: Word.Type) -> JSONSchema
    where Word: RawRepresentable & CaseIterable, Word.RawValue == String {
        word(Word.allCases.map(\.rawValue))
    }

    /// One word of an open set whose usual members are known.
    package static func usually(_ words: [String]) -> JSONSchema {
        either([word(words), line])
    }

    /// A whole number of a range.
    package static func integer(_ range: ClosedRange<Int>) -> JSONSchema {
        JSONSchema([
            ("type", .string("integer")), ("minimum", .integer(range.lowerBound)),
            ("maximum", .integer(range.upperBound)),
        ])
    }

    /// One of these numbers.
    package static func integer(_ values: [Int]) -> JSONSchema {
        JSONSchema([("type", .string("integer")), ("enum", .array(values.map { .integer($0) }))])
    }

    /// `30s`, `5m`; whether it lies within bounds only the reader knows.
    package static let duration = text("^[0-9]{1,18}(ms|s|m|h|d)$")

    /// `256KiB`, or an integer of bytes.
    package static let byteCount = either([
        text("^[0-9]{1,18}(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?$"), integer(0...Int.max),
    ])

    /// A date or a date with time, which editors give to a schema as text.
    package static let instant = text(
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}.*)?$")

    /// An array whose elements have one form.
    package static func array(of element: JSONSchema, atLeast least: Int = 0) -> JSONSchema {
        var members: [(String, JSONValue)] = [
            ("type", .string("array")), ("items", .object(element.json)),
        ]
        if least > 0 { members.append(("minItems", .integer(least))) }
        return JSONSchema(members)
    }

    /// One value, or an array of them that is not empty.
    package static func oneOrMore(_ element: JSONSchema) -> JSONSchema {
        either([element, array(of: element, atLeast: 1)])
    }

    /// What fits one of these.
    package static func either(_ choices: [JSONSchema]) -> JSONSchema {
        JSONSchema([("anyOf", .array(choices.map { .object($0.json) }))])
    }

    /// What stands in `$defs` under a name.
    package static func reference(_ name: String) -> JSONSchema {
        JSONSchema([("$ref", .string("#/$defs/\(name)"))])
    }

    /// A table that has these keys and no others.
    package static func table(
        _ members: KeyValuePairs<String, JSONSchema>, required: [String] = []
    ) -> JSONSchema {
        table(members.map { ($0.key, $0.value) }, required: required)
    }

    /// An object with these members and no others.
    package static func table(_ members: [(String, JSONSchema)], required: [String]) -> JSONSchema {
        var json: [(String, JSONValue)] = [
            ("type", .string("object")),
            ("properties", .object(members.map { ($0.0, .object($0.1.json)) })),
            ("additionalProperties", .bool(false)),
        ]
        if !required.isEmpty { json.append(("required", .array(required.map { .string($0) }))) }
        return JSONSchema(json)
    }

    /// A table whose keys are names.
    package static func named(_ pattern: String, _ value: JSONSchema) -> JSONSchema {
        JSONSchema([
            ("type", .string("object")),
            ("patternProperties", .object([(pattern, .object(value.json))])),
            ("additionalProperties", .bool(false)),
        ])
    }

    /// The same with words for people.
    package func saying(_ description: String) -> JSONSchema {
        adding("description", .string(description))
    }

    /// The same with the value that counts when the key is not written.
    package func standard(_ value: JSONValue) -> JSONSchema { adding("default", value) }

    /// The same, with what holds where nothing is written.
    package func standard(_ word: String) -> JSONSchema { standard(.string(word)) }

    /// The same with another keyword.
    package func adding(_ key: String, _ value: JSONValue) -> JSONSchema {
        var schema = self
        schema.json[key] = value
        return schema
    }

    /// The schema as a document of its own, with what its references name.
    package func document(
        title: String, definitions: KeyValuePairs<String, JSONSchema> = [:]
    ) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string(title)),
        ]
        members += json.members.map { ($0.name, $0.value) }
        if !definitions.isEmpty {
            members.append(("$defs", .object(definitions.map { ($0.key, .object($0.value.json)) })))
        }
        return .object(members)
    }
}
