import Foundation

extension JournalSearch {
    /// For who found nothing: the files of the days asked for that are not there; nil where all are, and where
    /// no days were asked for. A day without a message has no file either.
    ///
    /// - Parameter now: in milliseconds since 1970; days to come are left out, unless only such were asked for.
    package func absence(_ reader: JournalReader, now: Int) throws -> String? {
        guard since != nil || until != nil else { return nil }
        let there = try reader.days()
        let today = JournalDay(milliseconds: now)
        let end = until.map { min(JournalDay(milliseconds: $0 - 1), today) } ?? today
        let first = since.map { JournalDay(milliseconds: $0) } ?? min(there.first ?? end, end)
        let last = max(first, end)
        let absent = AbsentDays(from: first, to: last, without: there).told(by: reader)
        let packed = try reader.otherForms(of: first...last)
        let both = absent + packed.map { "\($0) is not read: it has to be unpacked" }
        return both.isEmpty ? nil : both.joined(separator: "; ")
    }
}

/// Days that have no file, as stretches.
private struct AbsentDays {
    private var stretches: [ClosedRange<JournalDay>] = []

    init(from first: JournalDay, to last: JournalDay, without there: [JournalDay]) {
        let there = Set(there)
        var day = first
        while day <= last {
            defer { day = day.next }
            if there.contains(day) { continue }
            if let open = stretches.last, open.upperBound.next == day {
                stretches[stretches.count - 1] = open.lowerBound...day
            } else {
                stretches.append(day...day)
            }
        }
    }

    /// The first ones by their files, and how many more there are; nothing where there are none.
    func told(by reader: JournalReader) -> [String] {
        if stretches.isEmpty { return [] }
        let first = stretches.prefix(Self.shown).map { days in
            let file = reader.file(of: days.lowerBound)
            return days.lowerBound == days.upperBound
                ? file : "\(file) to \(days.upperBound.fileName)"
        }
        let more = stretches.count - first.count
        return [
            "not there: " + first.joined(separator: ", ") + (more > 0 ? ", and \(more) more" : "")
        ]
    }

    private static let shown = 5
}

extension JournalReader {
    /// The paths of what a day's file may have become, as somebody packed it or put it aside
    /// (`2026-11-27.jsonl.gz`); nobody reads it as a part of the journal.
    fileprivate func otherForms(of days: ClosedRange<JournalDay>) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { name in
            guard let end = name.range(of: ".jsonl."),
                let day = JournalDay(name[..<end.lowerBound]),
                days.contains(day)
            else { return nil }
            return (folder as NSString).appendingPathComponent(name)
        }
    }
}
