import Federation

/// What the first line of a file says: which line it follows, which day it is of, and which day has
/// the file before it. The names of files are in no hash: this is what holds them.
struct JournalBegin: Sendable {
    /// The hash of the last line of the file before.
    let previous: JournalHash
    /// The day of the file before; nil when there was none, and in older journals also behind a rest
    /// that a crash left.
    let before: JournalDay?
    /// Nil in older journals.
    private let day: JournalDay?
    /// The day on which it was written; nil where it may be another than the file's.
    private let written: JournalDay?

    /// Nil for lines of another kind, and for what does not say all that.
    init?(_ line: JournalLine) {
        guard line.kind == .begin,
            let previous = line.member("prev")?.string.flatMap({ JournalHash($0) })
        else { return nil }
        self.previous = previous
        let (before, day) = (line.member("before")?.string, line.member("day")?.string)
        self.before = before.flatMap { JournalDay($0) }
        self.day = day.flatMap { JournalDay($0) }
        guard (before == nil) == (self.before == nil), (day == nil) == (self.day == nil) else {
            return nil
        }
        // The file may have been made on a day before: by a process that could not begin it.
        let isLate = line.seq == 1 || line.member("torn_bytes") != nil
        written = isLate ? nil : line.time.map { JournalDay(milliseconds: $0) }
    }

    /// Whether the file of a day may begin so.
    func isOf(_ name: JournalDay) -> Bool {
        (day ?? written ?? name) == name && before.map { $0 < name } ?? true
    }

    /// Whether the file of a day may be the one before.
    func follows(_ name: JournalDay) -> Bool { (before ?? name) == name }
}
