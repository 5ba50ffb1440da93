import Federation
import Logging
import Testing

@testable import Gateway

@Suite struct LogLineTests {
    private func line(_ format: LogFormat, _ entries: [LogEntry]) -> String {
        String(
            decoding: LogLine.make(
                format, time: 1_700_000_000_123, .info, .decision, LogMembers(entries)),
            as: UTF8.self)
    }

    @Test func aLineIsOneObject() throws {
        let text = line(
            .json,
            [
                LogEntry(.kind, "shares"), LogEntry(.status, 201),
                LogEntry(.would, .texts(["a", "b"])),
                LogEntry(.ocm, .object([LogEntry(.shareType, "user")])),
            ])
        #expect(
            text == """
                {"time":"2023-11-14T22:13:20.123Z","level":"info","message":"ocm.decision",\
                "kind":"shares","status":201,"would":["a","b"],\
                "ocm":{"share_type":"user"}}

                """)
        #expect(try JSONValue(parsing: Array(text.dropLast().utf8)).object != nil)
    }

    @Test func textIsForPeople() {
        #expect(
            line(.text, [LogEntry(.kind, "sha\nres")])
                == "2023-11-14T22:13:20.123Z info ocm.decision kind=\"sha\\nres\"\n")
    }

    @Test func aLineEndsSomewhereAndIsStillJSON() throws {
        let long = LogEntry(
            .would, .texts(Array(repeating: String(repeating: "\u{1}", count: 900), count: 64)))
        let text = line(.json, Array(repeating: long, count: 20))
        #expect(text.utf8.count < 64_000)
        #expect(try JSONValue(parsing: Array(text.dropLast().utf8)).object != nil)
        #expect(text.filter { $0 == "\n" }.count == 1)
    }

    /// Behind the limit none begins, and the one that goes beyond it is whole.
    @Test(arguments: LogFormat.allCases)
    func aFieldIsCutForItselfAlone(_ format: LogFormat) {
        let texts = LogValue.texts(Array(repeating: String(repeating: "x", count: 900), count: 10))
        let text = line(
            format,
            [
                LogEntry(.would, texts), LogEntry(.protocols, texts),
                LogEntry(.kind, "shares"),
            ])
        #expect(text.utf8.count { $0 == UInt8(ascii: "x") } == 2 * 9000)
        #expect(!text.contains("kind"))
    }

    @Test func whatIsNestedTooDeeplyIsLeftOut() throws {
        var value = LogValue.number(1)
        for _ in 0..<50 { value = .object([LogEntry(.name, value)]) }
        let text = line(.json, [LogEntry(.ocm, value)])
        #expect(text.utf8.count < 300)
        #expect(try JSONValue(parsing: Array(text.dropLast().utf8)).object != nil)
    }
}

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"), (951_782_400_007, "2000-02-29T00:00:00.007Z"),
        (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
        (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ]) func timesAreOfTheCalendar(_ milliseconds: Int, _ text: String) {
        var line: [UInt8] = []
        Timestamp.write(milliseconds: milliseconds, into: &line)
        #expect(String(decoding: line, as: UTF8.self) == text)
    }
}
