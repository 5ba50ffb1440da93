import HTTPSignatures

/// Words and numbers as a sentence has them.
enum EnglishWords {
    /// `a`, `a and b`, `a, b and c`.
    static func all(_ words: [String], _ last: String = "and") -> String {
        guard let end = words.last else { return "" }
        let front = words.dropLast()
        return front.isEmpty ? end : "\(front.joined(separator: ", ")) \(last) \(end)"
    }

    /// `a or b`.
    static func any(_ words: [String]) -> String { all(words, "or") }

    static func named(_ name: String) -> String { "“\(name)”" }

    /// `1 entry`, `2 entries`.
    static func count(_ number: Int, _ one: String, _ more: String) -> String {
        "\(number) \(number == 1 ? one : more)"
    }

    /// `6 hours`, `90 seconds`.
    static func time(_ duration: Duration) -> String {
        let seconds = duration.wholeSeconds
        let unit = units.first { seconds >= $0.seconds && seconds % $0.seconds == 0 }
        guard let unit else { return duration.configured }
        return count(seconds / unit.seconds, unit.word, unit.word + "s")
    }

    /// What follows a number: `a minute`, `in 15 minutes`.
    static func each(_ period: Duration) -> String {
        let seconds = period.wholeSeconds
        guard let unit = units.first(where: { $0.seconds == seconds }) else {
            return "in \(time(period))"
        }
        return (unit.word == "hour" ? "an " : "a ") + unit.word
    }

    private static let units: [(word: String, seconds: Int)] = [
        ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1),
    ]

    /// When something ends: `to the end of 30 June 2027`, `until 30 June 2027, 12:00 UTC`.
    static func last(_ until: Int) -> String {
        (until % 86_400 == 0 ? "to the end of " : "until ") + moment(until)
    }

    /// The last day, or the moment: `30 June 2027`, `30 June 2027, 12:00 UTC`.
    static func moment(_ until: Int) -> String {
        guard until % 86_400 != 0 else { return day(until - 1) }
        let minutes = until % 86_400 / 60
        let (hour, minute) = (minutes / 60, minutes % 60)
        return
            "\(day(until)), \(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute) UTC"
    }

    /// - Parameter instant: Unix seconds of it.
    private static func day(_ instant: Int) -> String {
        let date = CivilDate(number: (instant >= 0 ? instant : instant - 86_399) / 86_400)
        return "\(date.day) \(months[date.month - 1]) \(date.year)"
    }

    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ]
}

extension String {
    /// With a capital letter in front.
    var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
