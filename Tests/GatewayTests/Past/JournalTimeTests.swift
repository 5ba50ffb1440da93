import Testing

@testable import Gateway

@Suite struct JournalTimeTests {
    @Test func daysTimesAndAgesAreRead() {
        let now = PastJournal.start
        for (text, time) in [
            ("2026-11-01", now), ("2026-11-01T00:00:01.500Z", now + 1500),
            ("1d", now - 86_400_000), ("12h", now - 43_200_000), ("90min", now - 5_400_000),
            ("90m", now - 5_400_000), ("2026-11-01T00:00:01Z", now + 1000),
        ] {
            #expect(JournalTime.milliseconds(text, now: now) == time)
        }
        for text in [
            "", "d", "1", "1w", "-1d", "yesterday", "2026-13-01", "1234567d", "١d",
            "2026-11-01T00:00:01", "2026-11-01T24:00:01Z", "1min2",
        ] {
            #expect(JournalTime.milliseconds(text, now: now) == nil, "\(text)")
        }
    }
}
