import Foundation

/// The newest decisions of a journal, and then those that a running gateway adds; lines of its own among them,
/// where they are asked for.
package struct JournalTail {
    private let reader: JournalReader
    private let kinds: Set<JournalLine.Kind>
    /// The number of the last line that was looked at.
    private var last = 0
    /// The bytes that the newest files had when they were looked at.
    private var sizes: [JournalDay: Int] = [:]
    /// Of the files with lines that cannot be read, those that were told, and those to tell.
    private var damaged: (told: Set<String>, found: [String]) = ([], [])

    package init(_ reader: JournalReader, of kinds: Set<JournalLine.Kind> = [.decision]) {
        self.reader = reader
        self.kinds = kinds
    }

    /// The newest decisions, at most so many, the oldest first.
    package mutating func newest(_ count: Int) throws -> [JournalLine] {
        var found: [JournalLine] = []
        for day in try reader.days().reversed() where found.count < count || last == 0 {
            let size = size(of: day)
            sizes[day] = size
            var bytes = max(Self.piece, count * JournalRecord.lineLimit / 4)
            var ofDay = try newest(count, of: day, last: bytes)
            // Lines may be long, and others lie between them.
            while found.count + ofDay.count < count, bytes < size {
                bytes *= 4
                ofDay = try newest(count, of: day, last: bytes)
            }
            found = ofDay + found
        }
        return found.suffix(count)
    }

    /// The newest decisions in the last bytes of a file, at least so many if there are.
    private mutating func newest(
        _ count: Int, of day: JournalDay, last bytes: Int
    ) throws -> [JournalLine] {
        var found: [JournalLine] = []
        try reader.lines(of: [day], last: bytes, unread: { note($0.file) }) { line, place in
            last = max(last, line.seq)
            guard kinds.contains(line.kind) else { return .goOn }
            guard line.isReadable else {
                note(place.file)
                return .goOn
            }
            found.append(line)
            if found.count > 2 * max(count, 1) { found.removeFirst(found.count - count) }
            return .goOn
        }
        return found
    }

    /// Lends the decisions that were written since, the oldest first.
    package mutating func added(_ body: (JournalLine) -> Void) throws {
        let days = try reader.days()
        // Days may have come since; the one before the newest may have got its last lines.
        let watched = sizes.keys.max().map { days.holding(from: $0) } ?? days
        guard let first = watched.first else { return }
        sizes = sizes.filter { $0.key >= first }
        for day in watched {
            let (size, before) = (size(of: day), sizes[day] ?? 0)
            guard size > before else { continue }
            sizes[day] = size
            // More than what came: the line that was being written when last looked at.
            let end = size - before + Self.piece
            try reader.lines(of: [day], last: end, unread: { note($0.file) }) { line, place in
                guard line.seq > last else { return .goOn }
                last = line.seq
                guard kinds.contains(line.kind) else { return .goOn }
                if line.isReadable { body(line) } else { note(place.file) }
                return .goOn
            }
        }
    }

    /// The files in which lines were left out since they cannot be read: changed by somebody, or
    /// damaged. Each is told once.
    package mutating func newlyDamaged() -> [String] {
        defer { damaged.found = [] }
        return damaged.found
    }

    private mutating func note(_ file: String) {
        if damaged.told.insert(file).inserted { damaged.found.append(file) }
    }

    /// 0 for a file that is gone.
    private func size(of day: JournalDay) -> Int {
        let file = try? FileManager.default.attributesOfItem(atPath: reader.file(of: day))
        return (file?[.size] as? NSNumber)?.intValue ?? 0
    }

    /// Bytes: much longer than any line.
    private static let piece = 1 << 20
}
