import Testing

@testable import Transport

@Suite struct FieldLineTests {
    /// What a line is read as, with `more` behind its end.
    private func entry(_ line: String, _ more: String) throws(RequestFailure) -> FieldList.Entry {
        try FieldLine.parse(Array((line + more).utf8).span, 0..<line.utf8.count)
    }

    @Test(arguments: [
        "a", "te", "Host", "Accept-", "X-Custom", "X-Custom1", "Content-Length", "If-None-Match0x",
        "x-a-name-of-24-letters-y", "o~d!d", "x-odd-na_me", "x!custom", "a-long-name-with-a.dot",
    ])
    func aNameIsTheSameWhateverStandsBehindTheLine(_ name: String) throws {
        for more in ["", "\r", "\r\n", "\r\n\r\n", "\r\nAccept: text/plain\r\n\r\n"] {
            for value in ["", " 1", "\t a value of its own "] {
                let entry = try entry("\(name):\(value)", more)
                #expect(entry.name == 0..<name.utf8.count)
                #expect(entry.hash == FieldName(name).nameHash)
                #expect(entry.hash == FieldName(name.uppercased()).nameHash)
            }
        }
    }

    @Test(arguments: [
        ("", RequestFailure.fieldName), (" a: 1", .fieldFolded), ("a : 1", .fieldName),
        (":1", .fieldName), ("12345678", .fieldName), ("1234567", .fieldName),
        ("content_length: 1", .fieldNameAlias), ("x-real.ip: 1", .fieldNameAlias),
        ("x!ocm!peer: 1", .fieldNameAlias), ("x+forwarded+for: 1", .fieldNameAlias),
        ("client~ip: 1", .fieldNameAlias),
        ("n\u{e9}me-of-letters: 1", .fieldName),
    ])
    func whatIsNoFieldIsRefused(_ line: String, _ failure: RequestFailure) {
        for more in ["", "\r\n", ":::::::::", "\r\nb: 12345678\r\n\r\n"] where !line.isEmpty {
            #expect(throws: failure) { try entry(line, more) }
        }
    }
}
