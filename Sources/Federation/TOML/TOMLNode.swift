import HTTPSignatures

/// A value of a TOML document with the place where it stands.
package struct TOMLNode: Sendable, Equatable {
    /// What a value is.
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

    /// The value of a key of a table; nil for everything else.
    package subscript(key: String) -> TOMLNode? {
        guard case .table(let members) = content else { return nil }
        return members.first { $0.key == key }?.value
    }

    /// An element of an array; nil for everything else.
    package subscript(index: Int) -> TOMLNode? {
        guard case .array(let elements) = content, elements.indices.contains(index) else {
            return nil
        }
        return elements[index]
    }

    /// Whether both say the same, wherever it stands and in whatever order the keys of a table come.
    package func saysTheSame(as other: TOMLNode) -> Bool {
        switch (content, other.content) {
        case (.array(let mine), .array(let others)):
            return mine.count == others.count
                && zip(mine, others).allSatisfy { $0.saysTheSame(as: $1) }
        case (.table(let mine), .table(let others)):
            let values = Dictionary(others.map { ($0.key, $0.value) }) { first, _ in first }
            return mine.count == others.count
                && mine.allSatisfy { values[$0.key]?.saysTheSame(as: $0.value) ?? false }
        case (.float(let mine), .float(let other)): return mine.bitPattern == other.bitPattern
        case _: return content == other.content
        }
    }

    package var isTable: Bool {
        if case .table = content { true } else { false }
    }

    /// Whether it is what `[[key]]` makes: tables, at least one.
    package var isTables: Bool {
        if case .array(let nodes) = content {
            !nodes.isEmpty && nodes.allSatisfy(\.isTable)
        } else {
            false
        }
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
        CivilDate.number(year: year, month: month, day: day) * 86_400
    }
}
