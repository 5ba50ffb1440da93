import HTTPSignatures
import Testing

/// The tests of the HTTP working group: parse, compare, write, compare.
@Suite struct StructuredFieldVectorTests {
    static let parsing = [
        "binary", "boolean", "date", "dictionary", "display-string", "examples", "item",
        "key-generated", "large-generated", "list", "listlist", "number-generated", "number",
        "param-dict", "param-list", "param-listlist", "string-generated", "string",
        "token-generated", "token",
    ]
    static let writing = ["key-generated", "number", "string-generated", "token-generated"]

    @Test(arguments: parsing) func everyVectorIsReadAsTheWorkingGroupSays(file: String) throws {
        let tests = try StructuredFieldVector.load("structured-field-tests/\(file).json")
        #expect(tests.count > 1)
        for test in tests {
            let raw = try test.raw.orMissing("raw")
            let parsed = try? test.parse(raw)
            if test.mustFail {
                #expect(parsed == nil, "\(test.name) must fail")
                continue
            }
            guard let parsed else {
                #expect(test.canFail, "\(test.name) failed")
                continue
            }
            let expected = try test.expected.orMissing("expected")
            #expect(parsed == expected, "\(test.name)")
            let canonical = test.canonical ?? raw
            #expect(try parsed.written() == canonical.joined(separator: ", "), "\(test.name)")
        }
    }

    @Test(arguments: writing) func everyVectorIsWrittenAsTheWorkingGroupSays(file: String) throws {
        let tests = try StructuredFieldVector.load(
            "structured-field-tests/serialisation-tests/\(file).json")
        #expect(tests.count > 1)
        for test in tests {
            let written = try? test.expected.orMissing("expected").written()
            if test.mustFail {
                #expect(written == nil, "\(test.name) must fail")
            } else {
                #expect(written == test.canonical?.joined(separator: ", "), "\(test.name)")
            }
        }
    }

    @Test func missingPaddingAndPadBitsAreRefused() {
        for text in [":aGVsbG8:", ":iZ==:", ":aGVsbG8==:", ":a:", ":=:", ":====:"] {
            #expect(throws: StructuredFieldError.self) {
                var parser = StructuredFieldParser(Array(text.utf8).span)
                _ = try parser.parseItem()
            }
        }
    }
}

/// A field of any kind, so that vectors compare with one `==`.
enum AnyField: Equatable {
    case item(StructuredField.Item)
    case list(StructuredField.List)
    case dictionary(StructuredField.Dictionary)

    static func parse(_ text: [UInt8], as kind: StructuredField.Kind) throws -> AnyField {
        var parser = StructuredFieldParser(text.span)
        switch kind {
        case .item: return .item(try parser.parseItem())
        case .list: return .list(try parser.parseList())
        case .dictionary: return .dictionary(try parser.parseDictionary())
        }
    }

    func written() throws -> String {
        var serializer = StructuredFieldSerializer()
        switch self {
        case .item(let item): try serializer.write(item)
        case .list(let list): try serializer.write(list)
        case .dictionary(let dictionary): try serializer.write(dictionary)
        }
        return String(decoding: serializer.bytes, as: UTF8.self)
    }
}
