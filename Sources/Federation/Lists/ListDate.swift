/// The end of an entry as lists write it: a day (the entry counts to its end) or an instant, in the
/// form of RFC 3339.
enum ListDate {
    /// The first second in which the entry no longer counts; nil for what is no date.
    ///
    /// Refused: days that do not exist, fractions of a second, leap seconds, years before 1970.
    static func end(_ text: some StringProtocol) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 10, let year = number(bytes[0..<4]), bytes[4] == UInt8(ascii: "-"),
            let month = number(bytes[5..<7]), bytes[7] == UInt8(ascii: "-"),
            let day = number(bytes[8..<10]), year >= 1970, (1...12).contains(month),
            day >= 1, day <= days(of: month, in: year)
        else { return nil }
        let midnight = TOMLInstant.midnight(year: year, month: month, day: day)
        return bytes.count == 10 ? midnight + 86_400 : time(bytes[10...]).map { midnight + $0 }
    }

    /// As `end` reads it: a day where it ends with one, else an instant in UTC.
    static func text(_ end: Int) -> String {
        let isDay = end % 86_400 == 0
        let (year, month, day) = civil((isDay ? end - 1 : end).flooredDays)
        let date = "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
        if isDay { return date }
        let second = end - end.flooredDays * 86_400
        let (hours, minutes) = (second / 3600, second / 60 % 60)
        return "\(date)T\(padded(hours, 2)):\(padded(minutes, 2)):\(padded(second % 60, 2))Z"
    }

    /// `T12:00:00Z`, `T12:00:00+01:00`: seconds since midnight UTC.
    private static func time(_ text: ArraySlice<UInt8>) -> Int? {
        let bytes = Array(text)
        guard bytes.count == 10 || bytes.count == 15, bytes[0] == UInt8(ascii: "T"),
            let hour = number(bytes[1..<3]), bytes[3] == UInt8(ascii: ":"),
            let minute = number(bytes[4..<6]), bytes[6] == UInt8(ascii: ":"),
            let second = number(bytes[7..<9]), hour < 24, minute < 60, second < 60
        else { return nil }
        let local = hour * 3600 + minute * 60 + second
        if bytes.count == 10 { return bytes[9] == UInt8(ascii: "Z") ? local : nil }
        guard let hours = number(bytes[10..<12]), bytes[12] == UInt8(ascii: ":"),
            let minutes = number(bytes[13..<15]), hours < 24, minutes < 60
        else { return nil }
        let offset = hours * 3600 + minutes * 60
        switch bytes[9] {
        case UInt8(ascii: "+"): return local - offset
        case UInt8(ascii: "-"): return local + offset
        default: return nil
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard (0x30...0x39).contains(digit) else { return nil }
            value = value * 10 + Int(digit - 0x30)
        }
        return value
    }

    private static func days(of month: Int, in year: Int) -> Int {
        switch month {
        case 4, 6, 9, 11: 30
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        default: 31
        }
    }

    /// The date of a day since 1970 (the inverse of `TOMLInstant.midnight`).
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}

extension Int {
    /// Whole days since 1970 of Unix seconds.
    fileprivate var flooredDays: Int { self >= 0 ? self / 86_400 : (self - 86_399) / 86_400 }
}
