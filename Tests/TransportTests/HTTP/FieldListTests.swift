import Testing

@testable import Transport

@Suite struct FieldListTests {
    private func fields(_ lines: String...) throws -> FieldList {
        let text = lines.map { $0 + "\r\n" }.joined()
        return try #require(try requestHead("GET / HTTP/1.1\r\nHost: a\r\n\(text)\r\n")).fields
    }

    @Test func fieldsAreFoundWithoutCase() throws {
        let list = try fields("DATE: now", "Content-TYPE: text/plain")
        #expect(list.text(.date) == "now")
        #expect(list.text(FieldName("Content-Type")) == "text/plain")
        #expect(list.contains(.contentType) && !list.contains(.range))
        #expect(list.count == 3)
    }

    @Test func repeatedFieldHasNoOnlyValue() throws {
        let list = try fields("Depth: 0", "X: y", "depth: 1")
        #expect(list.only(.depth) == nil)
        #expect(list.text(.depth) == nil)
        #expect(list.first(.depth).map(latin1) == "0")
        #expect(list.values(of: .depth).map(latin1) == ["0", "1"])
        #expect(list.count(of: .depth) == 2)
    }

    @Test func textIsAsciiOrNothing() throws {
        let list = try fields("Depth: caf\u{E9}")
        #expect(list.text(.depth) == nil)
        #expect(list.only(.depth).map(latin1) == "caf\u{E9}")
    }

    @Test func fieldsAreGivenInWireOrderWithLowerCaseNames() throws {
        let list = try fields("B: 1", "A: 2", "b: 3")
        #expect(list.all == [["host", "a"], ["b", "1"], ["a", "2"], ["b", "3"]])
        #expect(list.name(at: 1) == "b")
    }

    @Test func namesWithEqualHashesStayApart() throws {
        // `@` is no token, but `^` and `~` differ in the case bit alone and hash alike.
        let list = try fields("a^: 1", "a~: 2")
        #expect(list.text(FieldName("a^")) == "1")
        #expect(list.text(FieldName("a~")) == "2")
    }

    /// Anybody may look for names whose hashes are equal and whose lengths are not.
    @Test(arguments: [("6u0", "gofo"), ("gofo", "6u0")])
    func aNominationIsOfNoOtherNameWithItsHash(_ nominated: String, _ other: String) throws {
        #expect(
            FieldName.hash(Array(nominated.utf8).span) == FieldName.hash(Array(other.utf8).span))
        let list = try fields("Connection: \(nominated)", "\(other): 1", "\(nominated): 2")
        #expect(list.entries.map(\.isNominated) == [false, false, false, true])
    }
}
