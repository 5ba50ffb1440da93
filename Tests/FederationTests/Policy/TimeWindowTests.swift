import Testing

@testable import Federation

@Suite struct TimeWindowTests {
    /// 2026-01-05 is a Monday.
    private func instant(_ day: Int, _ hour: Int, _ minute: Int = 0) -> Int {
        TOMLInstant.midnight(year: 2026, month: 1, day: 5 + day) + hour * 3600 + minute * 60
    }

    private struct Span {
        let text: String
        /// Day, hour and minute.
        let inside: [[Int]]
        let outside: [[Int]]
    }

    private static let spans: [Span] = [
        Span(
            text: "mon-fri 08:00-18:00", inside: [[0, 8, 0], [4, 17, 59]],
            outside: [[0, 7, 59], [4, 18, 0], [5, 12, 0]]),
        Span(
            text: "sat,sun", inside: [[5, 0, 0], [6, 23, 59]], outside: [[4, 23, 59], [7, 0, 0]]),
        // Over midnight, as part of the day on which it begins.
        Span(
            text: "sun 22:00-06:00", inside: [[6, 22, 0], [7, 5, 59]],
            outside: [[6, 5, 0], [7, 6, 0], [8, 1, 0]]),
        // The clock of +02:00 shows 08:00 at 06:00 UTC.
        Span(
            text: "mon 08:00-09:00 +02:00", inside: [[0, 6, 0], [0, 6, 59]],
            outside: [[0, 5, 59], [0, 8, 0]]),
        Span(
            text: "mon 00:00-01:00 +02:00", inside: [[-1, 22, 0], [-1, 22, 59]],
            outside: [[-1, 21, 59], [0, 0, 0]]),
        Span(
            text: "mon 23:00-24:00 -05:30", inside: [[1, 4, 30], [1, 5, 29]],
            outside: [[1, 5, 30], [0, 23, 30]]),
        Span(text: "12:00-13:00", inside: [[2, 12, 0], [6, 12, 30]], outside: [[2, 13, 0]]),
        Span(
            text: "fri-mon", inside: [[4, 0, 0], [0, 12, 0]], outside: [[1, 0, 0], [3, 23, 59]]),
    ]

    @Test func spansOfTheWeek() throws {
        for span in Self.spans {
            let window = try #require(TimeWindow(span.text))
            for time in span.inside {
                #expect(window.contains(instant(time[0], time[1], time[2])), "\(span.text) \(time)")
            }
            for time in span.outside {
                #expect(
                    !window.contains(instant(time[0], time[1], time[2])), "\(span.text) \(time)")
            }
            #expect(TimeWindow(window.description)?.description == window.description)
        }
    }

    @Test func timesBeforeTheEpochHaveTheirDay() throws {
        // 1969-12-29 was a Monday.
        let monday = TOMLInstant.midnight(year: 1969, month: 12, day: 29)
        #expect(try #require(TimeWindow("mon")).contains(monday))
        #expect(try #require(TimeWindow("mon")).contains(monday - 1) == false)
    }

    @Test(arguments: [
        ("mon,tue,wed 08:00-09:00", "mon-wed 08:00-09:00"), ("mon-sun", "mon-sun"),
        ("mon-sun 08:00-09:00", "08:00-09:00"), ("tue,mon", "mon,tue"),
        ("00:00-24:00", "00:00-24:00"), ("sat 00:00-24:00 +00:00", "sat"),
    ])
    func canonicalForm(_ text: String, _ canonical: String) throws {
        #expect(try #require(TimeWindow(text)).description == canonical)
    }

    @Test func theEndOfADayIsToldAsItIsWritten() {
        let problems = PolicySamples.problems(
            """
            version = 1
            name = "p"
            [[rule]]
            name = "r"
            on = "share.in"
            when = { time = "mon 22:00-00:00 +01:00" }
            action = "deny"
            """)
        #expect(problems.count == 1)
        #expect(problems.first?.hasSuffix("; write \"mon 22:00-24:00 +01:00\"") == true)
    }

    @Test func nothingChangesBetweenEdges() throws {
        for text in ["mon-fri 08:00-18:00", "sun 22:00-06:00 -03:00", "sat,sun", "00:00-24:00"] {
            let window = try #require(TimeWindow(text))
            let edges = Set(window.edges)
            for minute in 1..<7 * 24 * 60 {
                let now = instant(0, 0, minute)
                if window.contains(now) != window.contains(now - 60) {
                    #expect(edges.contains(now))
                }
            }
        }
    }

    @Test(arguments: [
        "", "mon-", "-mon", "mon,,tue", "Mon", "08:00", "08:00-08:00", "24:00-08:00", "8:00-9:00",
        "08:60-10:00", "08:0:-09:00", "08:00-25:00", "08:00-09:00 mon", "mon 08:00-09:00 UTC",
        "mon +15:00", "mon  08:00-09:00", "08:00-09:00 +01:00 x", "+01:00",
        "mon-tue-wed", "08.00-09:00", "08:00-09.00", "mon *01:00",
    ])
    func whatIsNoTimeOfTheWeekIsRefused(_ text: String) {
        #expect(TimeWindow(text) == nil)
    }
}
