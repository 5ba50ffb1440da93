import HTTPSignatures

/// One test of the HTTP working group's collection.
struct StructuredFieldVector {
    let name: String
    let kind: StructuredField.Kind
    let raw: [String]?
    let expected: AnyField?
    let canonical: [String]?
    let mustFail: Bool
    let canFail: Bool

    static func load(_ path: String) throws -> [StructuredFieldVector] {
        let tests = try NumberKeepingJSON(Vectors.bytes(path)).array.orMissing(path)
        return try tests.map(StructuredFieldVector.init)
    }

    init(_ test: NumberKeepingJSON) throws {
        name = try test["name"].flatMap(\.string).orMissing("name")
        switch try test["header_type"].flatMap(\.string).orMissing("header_type") {
        case "item": kind = .item
        case "list": kind = .list
        case "dictionary": kind = .dictionary
        case let other: throw Missing(what: other)
        }
        raw = test["raw"]?.array?.compactMap(\.string)
        mustFail = test["must_fail"]?.isTrue ?? false
        canFail = test["can_fail"]?.isTrue ?? false
        canonical = test["canonical"]?.array?.compactMap(\.string)
        guard let value = test["expected"] else {
            expected = nil
            return
        }
        do {
            expected = try Self.field(value, kind)
        } catch is Unrepresentable {
            expected = nil
        }
    }

    func parse(_ lines: [String]) throws -> AnyField {
        try AnyField.parse(Array(lines.joined(separator: ", ").utf8), as: kind)
    }

    /// A value that our types cannot even hold: as good as refused when written.
    struct Unrepresentable: Error {}

    private static func field(
        _ value: NumberKeepingJSON, _ kind: StructuredField.Kind
    ) throws -> AnyField {
        switch kind {
        case .item:
            return .item(try item(value))
        case .list:
            return .list(try value.array.orMissing("list").map(member))
        case .dictionary:
            let entries = try value.array.orMissing("dictionary").map { entry in
                let (key, value) = try pair(entry)
                return (try key.string.orMissing("key"), try member(value))
            }
            return .dictionary(.init(entries))
        }
    }

    private static func member(_ value: NumberKeepingJSON) throws -> StructuredField.Member {
        let (content, parameters) = try pair(value)
        if let items = content.array {
            return .innerList(
                .init(try items.map(item), parameters: try self.parameters(parameters)))
        }
        return .item(try item(value))
    }

    private static func item(_ value: NumberKeepingJSON) throws -> StructuredField.Item {
        let (content, parameters) = try pair(value)
        return .init(try bareItem(content), parameters: try self.parameters(parameters))
    }

    private static func parameters(
        _ value: NumberKeepingJSON
    ) throws -> StructuredField.Parameters {
        .init(
            try value.array.orMissing("parameters").map { entry in
                let (key, value) = try pair(entry)
                return (try key.string.orMissing("key"), try bareItem(value))
            })
    }

    private static func bareItem(_ value: NumberKeepingJSON) throws -> StructuredField.BareItem {
        switch value {
        case .string(let text): return .string(text)
        case .boolean(let boolean): return .boolean(boolean)
        case .integer(let integer): return .integer(integer)
        case .decimal(let number):
            guard let decimal = StructuredField.Decimal(rounding: number) else {
                throw Unrepresentable()
            }
            return .decimal(decimal)
        case .object(let members):
            switch (members["__type"]?.string, members["value"]) {
            case ("token", .string(let token)): return .token(token)
            case ("binary", .string(let text)): return .byteSequence(base32(text))
            case ("date", .integer(let seconds)): return .date(seconds)
            case ("displaystring", .string(let text)): return .displayString(text)
            case _: throw Missing(what: "known __type")
            }
        case .array, .null: throw Missing(what: "bare item")
        }
    }

    private static func pair(
        _ value: NumberKeepingJSON
    ) throws -> (NumberKeepingJSON, NumberKeepingJSON) {
        let elements = try value.array.orMissing("pair")
        guard elements.count == 2 else { throw Missing(what: "pair") }
        return (elements[0], elements[1])
    }

    /// RFC 4648 section 6; the vectors write binary values so.
    private static func base32(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        var bits = 0
        var held = 0
        for byte in text.utf8 where byte != UInt8(ascii: "=") {
            let value = byte >= 0x41 ? Int(byte) - 0x41 : Int(byte) - 0x32 + 26
            bits = (bits << 5 | value) & 0xFFFF
            held += 5
            if held >= 8 {
                held -= 8
                output.append(UInt8(truncatingIfNeeded: bits >> held))
            }
        }
        return output
    }
}
