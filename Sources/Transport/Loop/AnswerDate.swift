import Foundation

/// The value of `Date` in the answers of one loop (RFC 9110, section 6.6.1), written once a second.
struct AnswerDate {
    private var second = -1
    private var asked = LoopTime.never
    private var bytes: [UInt8] = []

    /// The system's clock is asked once a tick.
    mutating func value(at now: LoopTime) -> [UInt8] {
        guard now != asked else { return bytes }
        asked = now
        let time = max(0, Int(Date.now.timeIntervalSince1970))
        if time != second {
            second = time
            bytes = Array(Self.text(time).utf8)
        }
        return bytes
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, of Unix seconds (RFC 9110, section 5.6.7).
    static func text(_ seconds: Int) -> String {
        let days = seconds / 86_400
        // Years of March to February, in eras of 400 years: the leap day is the last of a year.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = era * 400 + yearOfEra + (month >= 10 ? 1 : 0)
        let date = "\(weekdays[days % 7]), \(two(day)) \(months[month]) \(year)"
        let time = seconds % 86_400
        return "\(date) \(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// From the first of 1970 on.
    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
    ]
}
