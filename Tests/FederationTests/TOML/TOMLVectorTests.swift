import Federation
import Foundation
import Testing

/// The collection of toml-lang/toml-test for TOML 1.0.
@Suite struct TOMLVectorTests {
    struct Case: Sendable, CustomStringConvertible {
        let name: String
        let bytes: [UInt8]
        /// Nil where the text must be refused.
        let value: Wanted?

        var description: String { name }
    }

    /// What the collection says of a value, in the form of its files: `{"type": …, "value": …}`.
    indirect enum Wanted: Sendable, Equatable {
        case leaf(type: String, value: String)
        case array([Wanted])
        case table([String: Wanted])

        init(_ json: Any) throws {
            if let array = json as? [Any] {
                self = .array(try array.map(Wanted.init))
                return
            }
            let object = try #require(json as? [String: Any])
            if object.count == 2, let type = object["type"] as? String,
                let value = object["value"] as? String
            {
                self = .leaf(type: type, value: value)
            } else {
                self = .table(try object.mapValues(Wanted.init))
            }
        }
    }

    /// These hold the character NUL as an escape, which no file of ours may have.
    private static let withNUL: Set = [
        "key/quoted-unicode", "string/quoted-unicode", "string/unicode-escape",
    ]

    private static let cases: [Case] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Vectors/toml/toml-test-1.0.0.json")
        do {
            let json = try JSONSerialization.jsonObject(with: try Data(contentsOf: file))
            let object = try #require(json as? [String: [[String: Any]]])
            return try ["valid", "invalid"].flatMap { part in
                try (object[part] ?? []).map { one in
                    let text = (one["text"] as? String).map { Data($0.utf8) }
                    let coded = (one["base64"] as? String).flatMap { Data(base64Encoded: $0) }
                    return Case(
                        name: try #require(one["name"] as? String),
                        bytes: [UInt8](try #require(text ?? coded)),
                        value: try one["value"].map(Wanted.init))
                }
            }
        } catch {
            Issue.record(error)
            return []
        }
    }()

    @Test func allOfThemAreThere() {
        #expect(Self.cases.count == 709)
        #expect(Self.cases.count { $0.value == nil } == 499)
    }

    @Test(arguments: cases)
    func whatTOMLAllowsIsReadAndNothingElse(_ one: Case) throws {
        let document = try? TOMLDocument(one.bytes, file: "f.toml")
        guard let value = one.value, !Self.withNUL.contains(one.name) else {
            #expect(document == nil)
            return
        }
        let root = try #require(document).root
        #expect(try Self.says(root, value), "\(root)")
    }

    private static func says(_ node: TOMLNode, _ wanted: Wanted) throws -> Bool {
        switch (node.content, wanted) {
        case (.table(let members), .table(let all)):
            return try members.count == all.count
                && members.allSatisfy { member in
                    guard let wanted = all[member.key] else { return false }
                    return try says(member.value, wanted)
                }
        case (.array(let nodes), .array(let all)):
            return try nodes.count == all.count
                && zip(nodes, all).allSatisfy { try says($0, $1) }
        case (_, .leaf(let type, let value)): return try says(node.content, type, value)
        case _: return false
        }
    }

    private static func says(
        _ content: TOMLNode.Content, _ type: String, _ value: String
    ) throws -> Bool {
        switch (content, type) {
        case (.string(let text), "string"): return text.utf8.elementsEqual(value.utf8)
        case (.integer(let number), "integer"): return number == Int(value)
        case (.boolean(let flag), "bool"): return flag == Bool(value)
        case (.float(let number), "float"):
            let wanted = try #require(Double(value))
            return number == wanted || number.isNaN && wanted.isNaN
        case (.time, "time-local"): return true
        case (.instant(let instant), "date-local"):
            return try instant.end == instant.start + 86_400
                && instant.start == second(value + "T00:00:00Z")
        case (.instant(let instant), "datetime"):
            return try instant.end == instant.start && instant.start == second(value)
        case (.instant(let instant), "datetime-local"):
            return try instant.end == instant.start && instant.start == second(value + "Z")
        case _: return false
        }
    }

    /// Unix seconds of `2027-06-30T12:00:00.5+02:00`, counted year by year.
    private static func second(_ text: String) throws -> Int {
        let form =
            /(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|([+-])(\d\d):(\d\d))/
        let found = try #require(text.wholeMatch(of: form)).output
        func number(_ digits: Substring?) -> Int { Int(digits ?? "0") ?? 0 }
        func isLeap(_ year: Int) -> Bool {
            year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        }
        let year = number(found.1)
        var days = number(found.3) - 1
        if year < 1970 {
            for before in year..<1970 { days -= isLeap(before) ? 366 : 365 }
        } else {
            for before in 1970..<year { days += isLeap(before) ? 366 : 365 }
        }
        let months = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30]
        for length in months.prefix(number(found.2) - 1) { days += length }
        let clock = number(found.4) * 3600 + number(found.5) * 60 + number(found.6)
        let offset = number(found.8) * 3600 + number(found.9) * 60
        return days * 86_400 + clock - (found.7 == "-" ? -offset : offset)
    }
}
