/// The date of `Date` fields: IMF-fixdate (RFC 9110 section 5.6.7).
///
/// The obsolete forms are refused: nobody who signs sends them.
package enum HTTPDate {
    /// Unix seconds of `Sun, 06 Nov 1994 08:49:37 GMT`; nil for any other form, for days that are
    /// not in the calendar, for a wrong day of the week, for leap seconds and for years before 1970.
    package static func seconds(_ text: [UInt8]) -> Int? {
        guard text.count == 29, text[3...4].elementsEqual(", ".utf8), text[7] == 0x20,
            text[11] == 0x20, text[16] == 0x20, text[19] == UInt8(ascii: ":"),
            text[22] == UInt8(ascii: ":"), text[25...].elementsEqual(" GMT".utf8)
        else { return nil }
        guard let day = CivilDate.digits(text[5..<7]), let year = CivilDate.digits(text[12..<16]),
            let hour = CivilDate.digits(text[17..<19]),
            let minute = CivilDate.digits(text[20..<22]),
            let second = CivilDate.digits(text[23..<25]),
            let month = months.firstIndex(where: { text[8..<11].elementsEqual($0.utf8) }),
            let weekday = weekdays.firstIndex(where: { text[..<3].elementsEqual($0.utf8) })
        else { return nil }
        guard hour < 24, minute < 60, second < 60, year >= 1970,
            let days = CivilDate(year: year, month: month + 1, day: day)?.number,
            (days + 4) % 7 == weekday
        else { return nil }
        return days * 86400 + hour * 3600 + minute * 60 + second
    }

    /// The text of a time from 1970 to 9999; nil outside.
    package static func text(_ seconds: Int) -> String? {
        guard seconds >= 0, seconds < 253_402_300_800 else { return nil }
        let days = seconds / 86400
        let date = CivilDate(number: days)
        let time = seconds % 86400
        func two(_ number: Int) -> String { CivilDate.padded(number, 2) }
        return
            "\(weekdays[(days + 4) % 7]), \(two(date.day)) \(months[date.month - 1]) \(date.year) "
            + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
