/// The date of `Date` fields: IMF-fixdate (RFC 9110 section 5.6.7).
///
/// The obsolete forms are refused: nobody who signs sends them.
package enum HTTPDate {
    /// Unix seconds of `Sun, 06 Nov 1994 08:49:37 GMT`; nil for any other form, for days that are
    /// not in the calendar, for a wrong day of the week and for leap seconds.
    package static func seconds(_ text: [UInt8]) -> Int? {
        guard text.count == 29, text[3...4].elementsEqual(", ".utf8), text[7] == 0x20,
            text[11] == 0x20, text[16] == 0x20, text[19] == UInt8(ascii: ":"),
            text[22] == UInt8(ascii: ":"), text[25...].elementsEqual(" GMT".utf8)
        else { return nil }
        guard let day = number(text[5..<7]), let year = number(text[12..<16]),
            let hour = number(text[17..<19]), let minute = number(text[20..<22]),
            let second = number(text[23..<25]),
            let month = months.firstIndex(where: { text[8..<11].elementsEqual($0.utf8) }),
            let weekday = weekdays.firstIndex(where: { text[..<3].elementsEqual($0.utf8) })
        else { return nil }
        guard hour < 24, minute < 60, second < 60, year >= 1970 else { return nil }
        let days = days(year: year, month: month + 1, day: day)
        guard date(days) == (year, month + 1, day), (days + 4) % 7 == weekday else { return nil }
        return days * 86400 + hour * 3600 + minute * 60 + second
    }

    /// The text of a time from 1970 to 9999; nil outside.
    package static func text(_ seconds: Int) -> String? {
        guard seconds >= 0, seconds < 253_402_300_800 else { return nil }
        let days = seconds / 86400
        let (year, month, day) = date(days)
        let time = seconds % 86400
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(weekdays[(days + 4) % 7]), \(two(day)) \(months[month - 1]) \(year) "
            + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard digit.isDigit else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    /// Days since 1970-01-01 in the Gregorian calendar, counted from a March so that the leap day
    /// is a year's last.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let ofEra = year % 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }

    private static func date(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let day = shifted % 146_097
        let ofEra = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let ofYear = day - (365 * ofEra + ofEra / 4 - ofEra / 100)
        let month = (5 * ofYear + 2) / 153
        let year = era * 400 + ofEra + (month >= 10 ? 1 : 0)
        return (year, month < 10 ? month + 3 : month - 9, ofYear - (153 * month + 2) / 5 + 1)
    }
}
