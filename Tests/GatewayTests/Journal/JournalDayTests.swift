import Testing

@testable import Gateway

@Suite("Days of the journal")
struct JournalDayTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2026-11-27", 20_784),
    ])
    func aDayIsItsNumber(text: String, number: Int) {
        #expect(JournalDay(text)?.number == number)
        #expect(JournalDay(number: number).description == text)
    }

    @Test func everyDayOfTwoLeapCyclesIsReadBack() {
        for number in stride(from: -1000, to: 60_000, by: 1) {
            let day = JournalDay(number: number)
            #expect(JournalDay(day.description) == day)
        }
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-11-31", "2026-1-1", "26-11-27", "",
        "2026-11-27T", "2026/11/27", "2026-11-00",
    ])
    func whatNoCalendarHasIsRefused(text: String) {
        #expect(JournalDay(text) == nil)
    }

    @Test func aFileIsOfItsDay() {
        #expect(JournalDay(fileName: "2026-11-27.jsonl")?.description == "2026-11-27")
        for name in ["2026-11-27.jsonl.gz", "subjects.db", "2026-11-27", ".jsonl"] {
            #expect(JournalDay(fileName: name) == nil)
        }
    }

    @Test func timesAreReadBackToTheMillisecond() {
        for time in [0, 1, 999, 1_700_000_000_123, 1_782_000_000_000, -1] {
            #expect(Timestamp.milliseconds(Timestamp.text(milliseconds: time)) == time)
        }
        for text in [
            "2026-11-27T24:00:00.000Z", "2026-11-27T10:00:00Z", "now", "2026-11-27 10:00:00.000Z",
        ] {
            #expect(Timestamp.milliseconds(text) == nil)
        }
    }
}
