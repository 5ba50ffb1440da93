import Testing

@testable import Transport

@Suite struct LineScannerTests {
    private func lines(_ text: String, line: Int = 100, total: Int = 1000) throws -> [String] {
        var scanner = LineScanner()
        let bytes = latin1(text)
        var found: [String] = []
        while let range = try scanner.next(
            in: bytes.span, lineLimit: line, total: total, tooLong: .fieldTooLong)
        {
            found.append(latin1(bytes[range]))
        }
        return found
    }

    @Test func linesEndWithCarriageReturnAndLineFeed() throws {
        #expect(try lines("a\r\n\r\nb c\r\nrest") == ["a", "", "b c"])
    }

    @Test(arguments: [
        ("a\n", RequestFailure.bareLineFeed), ("\n", .bareLineFeed), ("a\rb", .bareCarriageReturn),
        ("a\r\r\n", .bareCarriageReturn), ("a\u{0}", .controlCharacter),
        ("a\u{7F}", .controlCharacter), ("\u{1F}", .controlCharacter),
    ])
    func otherEndsAndControlCharactersAreRefused(_ text: String, _ failure: RequestFailure) {
        #expect(throws: failure) { try lines(text) }
    }

    @Test func lineMayBeAsLongAsItsLimit() throws {
        #expect(try lines("12345\r\n", line: 5) == ["12345"])
        #expect(throws: RequestFailure.fieldTooLong) { try lines("123456\r\n", line: 5) }
        #expect(throws: RequestFailure.fieldTooLong) { try lines("1234567", line: 5) }
    }

    @Test func allLinesTogetherMayBeAsLongAsTheTotal() throws {
        #expect(throws: RequestFailure.headTooLarge) { try lines("1\r\n2\r\n3", total: 7) }
        #expect(try lines("1\r\n2\r\n", total: 8) == ["1", "2"])
    }

    @Test func bytesAreLookedAtOnce() throws {
        var scanner = LineScanner()
        let bytes = Array(repeating: UInt8(0x61), count: 5000)
        for end in [1, 10, 4999, 5000] {
            let seen = Array(bytes[..<end])
            let line = try scanner.next(
                in: seen.span, lineLimit: 9000, total: 9000, tooLong: .fieldTooLong)
            #expect(line == nil && scanner.position == end)
        }
    }
}
