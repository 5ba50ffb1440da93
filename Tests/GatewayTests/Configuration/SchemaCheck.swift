import Federation

/// A small judge of JSON Schemas, for the keywords that ours use; the real one is that of the
/// end-to-end tests.
struct SchemaCheck {
    let root: JSONValue

    /// Whether a document fits.
    func accepts(_ document: JSONValue) throws -> Bool { try accepts(document, root) }

    /// A document with its table as JSON has it; dates are text.
    static func json(_ node: TOMLNode) -> JSONValue {
        switch node.content {
        case .string(let text): .string(text)
        case .integer(let number): .integer(number)
        case .float, .time: .null
        case .boolean(let flag): .bool(flag)
        case .instant: .string("2027-06-30")
        case .array(let elements): .array(elements.map(json))
        case .table(let members): .object(members.map { ($0.key, json($0.value)) })
        }
    }

    struct UnknownKeyword: Error { let keyword: String }

    private func accepts(_ value: JSONValue, _ schema: JSONValue) throws -> Bool {
        for keyword in schema.object?.members ?? [] {
            guard try accepts(value, keyword.name, keyword.value, schema) else { return false }
        }
        return true
    }

    private func accepts(
        _ value: JSONValue, _ keyword: String, _ want: JSONValue, _ schema: JSONValue
    ) throws -> Bool {
        switch keyword {
        case "$schema", "title", "description", "default", "$defs": return true
        case "$ref":
            let name = want.string?.split(separator: "/").last.map(String.init) ?? ""
            return try accepts(value, root.object?["$defs"]?.object?[name] ?? .null)
        case "type": return Self.type(of: value) == want.string
        case "enum": return want.array?.contains(value) ?? false
        case "anyOf": return try want.array?.contains { try accepts(value, $0) } ?? false
        case "pattern":
            guard let text = value.string, let pattern = want.string else { return true }
            return try Regex(pattern).firstMatch(in: text) != nil
        case "maxLength": return (value.string?.unicodeScalars.count ?? 0) <= Self.int(want)
        case "minimum": return value.number.map { $0.integer ?? 0 >= Self.int(want) } ?? true
        case "maximum": return value.number.map { $0.integer ?? 0 <= Self.int(want) } ?? true
        case "items": return try value.array?.allSatisfy { try accepts($0, want) } ?? true
        case "minItems": return value.array.map { $0.count >= Self.int(want) } ?? true
        case "minProperties": return value.object.map { $0.count >= Self.int(want) } ?? true
        case "required":
            guard let object = value.object else { return true }
            return want.array?.allSatisfy { object[$0.string ?? ""] != nil } ?? true
        case "properties":
            return try value.object?.members.allSatisfy { member in
                guard let inner = want.object?[member.name] else { return true }
                return try accepts(member.value, inner)
            } ?? true
        case "patternProperties":
            return try value.object?.members.allSatisfy { member in
                try want.object?.members.allSatisfy { pattern in
                    try Regex(pattern.name).firstMatch(in: member.name) == nil
                        || accepts(member.value, pattern.value)
                } ?? true
            } ?? true
        case "additionalProperties":
            let known = schema.object?["properties"]?.object
            let patterns = schema.object?["patternProperties"]?.object?.members ?? []
            return try value.object?.members.allSatisfy { member in
                if known?[member.name] != nil { return true }
                return try patterns.contains {
                    try Regex($0.name).firstMatch(in: member.name) != nil
                }
            } ?? true
        case _: throw UnknownKeyword(keyword: keyword)
        }
    }

    private static func int(_ value: JSONValue) -> Int { value.number?.integer ?? 0 }

    private static func type(of value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "boolean"
        case .number: "integer"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }

    /// Every key of the schema, as `path key`; tables whose keys are names are called `*`.
    static func keys(_ schema: JSONValue, root: JSONValue, path: String = "") -> Set<String> {
        var keys: Set<String> = []
        for keyword in schema.object?.members ?? [] {
            switch keyword.name {
            case "$ref":
                let name = keyword.value.string?.split(separator: "/").last.map(String.init) ?? ""
                let target = root.object?["$defs"]?.object?[name] ?? .null
                keys.formUnion(Self.keys(target, root: root, path: path))
            case "properties":
                for member in keyword.value.object?.members ?? [] {
                    keys.insert("\(path) \(member.name)")
                    let below = path.isEmpty ? member.name : "\(path).\(member.name)"
                    keys.formUnion(Self.keys(member.value, root: root, path: below))
                }
            case "patternProperties":
                for member in keyword.value.object?.members ?? [] {
                    keys.formUnion(Self.keys(member.value, root: root, path: "\(path).*"))
                }
            case "items": keys.formUnion(Self.keys(keyword.value, root: root, path: path))
            case "anyOf":
                for choice in keyword.value.array ?? [] {
                    keys.formUnion(Self.keys(choice, root: root, path: path))
                }
            case _: break
            }
        }
        return keys
    }
}
