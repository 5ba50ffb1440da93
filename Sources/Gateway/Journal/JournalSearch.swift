import Federation

/// What is looked for in the journal: decisions that fulfil everything that is given.
package struct JournalSearch: Sendable {
    /// The verified or the claimed peer, or the one that a message is for.
    package var peer: String?
    package var kind: String?
    package var direction: String?
    package var action: String?
    /// The code of the refusal.
    package var code: String?
    /// Somebody who is named, or whose address it came from.
    package var subject: JournalPseudonym?
    /// Milliseconds since 1970; the end is not among them.
    package var since: Int?
    package var until: Int?

    package init() {}

    /// Of these days those whose files can hold an answer. A file may begin a moment before its day,
    /// and where a clock stepped back, or the disk was full at midnight, it goes on behind it.
    package func days(of days: [JournalDay]) -> [JournalDay] {
        days.filter { day in
            if let until, day.start - 1000 >= until { return false }
            if let since, day.next.start + 86_400_000 < since { return false }
            return true
        }
    }

    /// What every line that is meant holds, so that most others need not be read.
    package var needles: [ByteNeedle] {
        var texts = [#","type":"decision","#]
        if let peer { texts.append("\"\(peer)\"") }
        if let kind { texts.append(#""kind":"\#(kind)""#) }
        if let direction { texts.append(#""direction":"\#(direction)""#) }
        if let action { texts.append(#""action":"\#(action)""#) }
        if let code { texts.append(#""code":"\#(code)""#) }
        if let subject { texts.append(subject.description) }
        return texts.map { ByteNeedle($0) }
    }

    /// Whether a line that holds the needles is meant.
    package func matches(_ line: JournalLine) -> Bool {
        guard line.kind == .decision else { return false }
        if since != nil || until != nil {
            guard let time = line.time else { return false }
            if let since, time < since { return false }
            if let until, time >= until { return false }
        }
        for (name, wanted) in [
            ("kind", kind), ("direction", direction), ("action", action), ("code", code),
        ] {
            if let wanted, line.member(name)?.string != wanted { return false }
        }
        if let peer {
            return ["peer", "claimed"].contains { line.member($0)?.string == peer }
        }
        return true
    }

    /// Lends the lines that are meant, the oldest first.
    package func run(
        _ reader: JournalReader, _ body: (JournalLine) throws -> JournalReader.Step
    ) throws {
        try reader.lines(of: days(of: try reader.days()), holding: needles) { line, _ in
            matches(line) ? try body(line) : .goOn
        }
    }
}
