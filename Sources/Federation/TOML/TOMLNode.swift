/// A value of a TOML document with the place where it stands.
package struct TOMLNode: Sendable, Equatable {
    package enum Content: Sendable, Equatable {
        case string(String)
        case integer(Int)
        case float(Double)
        case boolean(Bool)
        /// A date or a date with time; without an offset it is read as UTC.
        case instant(TOMLInstant)
        /// A time of day.
        case time
        case array([TOMLNode])
        /// In the order of the file.
        case table([TOMLMember])
    }

    package let content: Content
    package let position: SourcePosition

    package init(_ content: Content, at position: SourcePosition) {
        self.content = content
        self.position = position
    }

    /// The kind in words, for messages.
    package var kind: String {
        switch content {
        case .string: "a string"
        case .integer: "an integer"
        case .float: "a float"
        case .boolean: "a boolean"
        case .instant: "a date"
        case .time: "a time"
        case .array: "an array"
        case .table: "a table"
        }
    }
}

/// A key of a TOML table with its value.
package struct TOMLMember: Sendable, Equatable {
    package let key: String
    package let keyPosition: SourcePosition
    package let value: TOMLNode
}

/// A day, or an instant, in Unix seconds.
package struct TOMLInstant: Sendable, Equatable {
    /// The first second.
    package let start: Int
    /// The first second that is no longer of it: the next day for a date, `start` for an instant.
    package let end: Int

    package init(start: Int, end: Int) {
        self.start = start
        self.end = end
    }

    /// Midnight UTC of a day of the proleptic Gregorian calendar, in Unix seconds.
    static func midnight(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return (era * 146_097 + dayOfEra - 719_468) * 86_400
    }
}
