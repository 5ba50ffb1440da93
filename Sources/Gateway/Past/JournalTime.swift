/// Times as operators write them.
package enum JournalTime {
    /// Milliseconds since 1970 of `2026-11-01`, of `2026-11-01T08:00:00Z` with or without
    /// milliseconds, or so long before `now` as `30d`, `12h`, `90m` (`90min`) say; nil for any other
    /// form.
    package static func milliseconds(_ text: String, now: Int) -> Int? {
        if let day = JournalDay(text) { return day.start }
        if let time = Timestamp.milliseconds(text) { return time }
        if text.hasSuffix("Z"), let time = Timestamp.milliseconds(text.dropLast() + ".000Z") {
            return time
        }
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard (1...6).contains(digits.count), let count = Int(digits) else { return nil }
        switch text.dropFirst(digits.count) {
        case "d": return now - count * 86_400_000
        case "h": return now - count * 3_600_000
        case "m", "min": return now - count * 60_000
        case _: return nil
        }
    }

    /// What `milliseconds` reads, for people.
    package static let forms =
        "a day (2026-11-01), a time (2026-11-01T08:00:00Z) or an age (30d, 12h, 90m)"
}
