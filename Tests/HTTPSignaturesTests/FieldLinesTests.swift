import Testing

@testable import HTTPSignatures

@Suite struct FieldLinesTests {
    private static let head = Array(
        "Host: a.test\r\nX-Two: \tone \r\nDate: now\r\nx-two:two\r\n".utf8)

    /// The lines of a head, without what surrounds them.
    private static func lines() -> FieldLines {
        var lines = FieldLines(in: head, reserving: 4)
        var start = 0
        for line in head.split(separator: UInt8(ascii: "\n")) {
            let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.startIndex
            lines.add(name: start..<colon, value: (colon + 1)..<(line.endIndex - 1))
            start = line.endIndex + 1
        }
        return lines
    }

    @Test func namesAreFoundInAnyCase() {
        let lines = Self.lines()
        #expect(lines.index(of: "x-two") == 1)
        #expect(lines.index(of: "x-two", from: 2) == 3)
        #expect(lines.index(of: "x-two", from: 4) == nil)
        #expect(lines.index(of: "x-tw") == nil)
        #expect(lines.count(of: "x-two") == 2)
        #expect(lines.count(of: "cookie") == 0)
    }

    @Test func valuesAreTrimmedAndJoined() {
        let lines = Self.lines()
        #expect(lines.combined("host") == Array("a.test".utf8))
        #expect(lines.combined("x-two") == Array("one, two".utf8))
        #expect(lines.combined("cookie") == nil)
    }

    @Test func linesAreTheSameFromFieldsOfTheirOwn() {
        let fields = Self.lines().fields
        #expect(fields.map(\.name) == ["host", "x-two", "date", "x-two"])
        #expect(fields[1] == SignedMessage.Field("x-two", " \tone "))
        #expect(FieldLines(fields).fields == fields)
        let empty = FieldLines([.init("empty", ""), .init("blank", " \t ")])
        #expect(empty.combined("empty") == [])
        #expect(empty.combined("blank") == [])
    }
}
