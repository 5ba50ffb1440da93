import HTTPSignatures

/// A day in UTC: the journal has a file for each.
package struct JournalDay: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Days since 1970-01-01.
    package let number: Int

    package init(number: Int) { self.number = number }

    /// - Parameter milliseconds: since 1970.
    package init(milliseconds: Int) {
        number = Int((Double(milliseconds) / 86_400_000).rounded(.down))
    }

    /// `2026-11-27`. Refused: any other form, and days that no calendar has.
    package init?(_ text: some StringProtocol) {
        guard let date = CivilDate(text) else { return nil }
        number = date.number
    }

    /// Milliseconds since 1970 at which it begins.
    package var start: Int { number * 86_400_000 }

    package var next: JournalDay { JournalDay(number: number + 1) }

    package var description: String { CivilDate(number: number).description }

    /// The name of its file.
    var fileName: String { description + Self.suffix }

    /// The day of a file's name; nil for any other file.
    init?(fileName: String) {
        guard fileName.hasSuffix(Self.suffix) else { return nil }
        self.init(fileName.dropLast(Self.suffix.count))
    }

    package static func < (left: JournalDay, right: JournalDay) -> Bool {
        left.number < right.number
    }

    private static let suffix = ".jsonl"
}

extension [JournalDay] {
    /// Of days, the oldest first, those whose files can hold what is of `day` or later. Where a clock stepped
    /// back, the file that was the newest holds what is of days before; and where the disk was full at
    /// midnight, it goes on behind its day, until there is room for a new one.
    func holding(from day: JournalDay) -> [JournalDay] {
        let begin = last { $0 < day } ?? day
        return filter { $0 >= begin }
    }
}

extension Timestamp {
    /// `2026-11-27T00:45:12.123Z`.
    static func text(milliseconds: Int) -> String {
        var text: [UInt8] = []
        write(milliseconds: milliseconds, into: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Milliseconds since 1970 of such a text; nil for any other form.
    static func milliseconds(_ text: some StringProtocol) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, let day = JournalDay(text.prefix(10)),
            let hour = Int(text.dropFirst(11).prefix(2)),
            let minute = Int(text.dropFirst(14).prefix(2)),
            let second = Int(text.dropFirst(17).prefix(2)),
            let fraction = Int(text.dropFirst(20).prefix(3))
        else { return nil }
        let time = day.start + ((hour * 60 + minute) * 60 + second) * 1000 + fraction
        return Self.text(milliseconds: time) == String(text) ? time : nil
    }
}
