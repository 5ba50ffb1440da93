import Federation
import Foundation

/// Where a journal ends: what the next line has to follow.
///
/// A process that is killed, or a machine that loses its power, may leave a line half written. Such
/// bytes stay where they are; the next line says how many they are and what they hash to, so that
/// nothing is ever overwritten, and only what is no whole line can pass for such a rest.
struct JournalEnd {
    /// The number and the hash of the last line; 0 and ``JournalHash/none`` of an empty journal.
    var seq = 0
    var hash = JournalHash.none
    /// What the last line is; nil of an empty journal.
    var kind: JournalLine.Kind?
    /// Whom the last line says to be forgotten: a crash may have come before that was done.
    var erased: JournalPseudonym?
    /// The newest file, and whether a line of its own is in it already.
    var day: JournalDay?
    /// A newer file in which there is nothing at all: a crash came between its making and the last
    /// signature of the day before.
    var empty: JournalDay?
    var hasBegun = false
    /// What a crash left behind the last line; empty as a rule.
    var torn: [UInt8] = []
    /// Whether the last line, or the rest, lacks its end.
    var lacksEnd = false
    /// What is to be said of a checkpoint beside the state that is older than a crash leaves it.
    var older: FileProblem?

    /// Finds the end of a journal.
    ///
    /// Refused: a last line that was changed (it does not follow from the one before), and a journal
    /// that ends before `head`, or has another line in its place; one without the keys of those whom it names.
    static func find(
        _ reader: JournalReader, head: JournalHead?, headFile: String
    ) throws -> JournalEnd {
        let days = try reader.days()
        var end = JournalEnd()
        for day in days.reversed() {
            let last = try Last(reader, day)
            if end.day == nil, day == days.last, day != days.first, last.line == nil,
                last.rest.isEmpty
            {
                end.empty = day
                continue
            }
            if end.day == nil { end.day = day }
            if day == end.day {
                end.torn = last.rest
                // The line feed behind it is not part of it.
                if end.torn.last == UInt8(ascii: "\n") { end.torn.removeLast() }
                end.lacksEnd = last.lacksEnd
                end.hasBegun = last.line != nil
            } else if !last.rest.isEmpty {
                throw FileProblem(
                    reader.file(of: day), "ends in bytes that are no record",
                    "`ocmgate journal verify` says which; bring the file back as it was")
            }
            if let line = last.line {
                (end.seq, end.hash, end.kind, end.erased) = line
                break
            }
        }
        if let head { end.older = try end.check(head, reader, headFile) }
        if end.seq > 0 { try expectSubjects(of: reader) }
        return end
    }

    /// The keys are there before the first line. Made anew, they would open nobody, and nobody could be
    /// searched for or erased.
    private static func expectSubjects(of reader: JournalReader) throws {
        let file = (reader.folder as NSString).appendingPathComponent(JournalSubjects.fileName)
        guard !PrivateFile.exists(file) else { return }
        throw FileProblem(
            file, "is not there, and the records may name people",
            "bring it back; " + JournalSubjects.lossAccepted(file))
    }

    /// What is to be said of a head that the journal has gone beyond; refused is a journal without it.
    private func check(
        _ head: JournalHead, _ reader: JournalReader, _ headFile: String
    ) throws -> FileProblem? {
        let remedy = Self.remedy(headFile)
        guard seq >= head.seq else {
            throw FileProblem(
                reader.folder,
                "ends with record \(seq), but record \(head.seq) was signed: its end is missing",
                remedy)
        }
        let days = try reader.days().filter { $0 >= head.day }
        var found: JournalHead?
        var time: Int?
        var looked: Int?
        // It is near the end, as a rule.
        for last in [Self.piece, nil] where found == nil {
            looked = last
            try reader.lines(
                of: days, holding: [ByteNeedle("{\"seq\":\(head.seq),")], last: last
            ) { line, place in
                guard line.seq == head.seq, let hash = line.hash else { return .goOn }
                found = JournalHead(seq: line.seq, hash: hash, day: place.day)
                time = line.time
                return .stop
            }
        }
        guard found == head else {
            throw FileProblem(
                reader.folder, "record \(head.seq) is not the one that was signed", remedy)
        }
        guard try Self.isLeftBehind(head, reader, among: days, last: looked) else { return nil }
        return problem(of: head, signedAt: time, headFile)
    }

    /// Whether the journal was signed twice or more behind a head. Each signature is kept before the next one
    /// is made, so that a crash leaves one that is not.
    ///
    /// - Parameter last: bytes at the end of its file that hold it.
    private static func isLeftBehind(
        _ head: JournalHead, _ reader: JournalReader, among days: [JournalDay], last: Int?
    ) throws -> Bool {
        var count = 0
        for day in days where count < 2 {
            try reader.lines(
                of: [day], holding: [checkpoint], last: day == head.day ? last : nil
            ) { line, _ in
                if line.kind == .checkpoint, line.seq > head.seq { count += 1 }
                return count < 2 ? .goOn : .stop
            }
        }
        return count > 1
    }

    /// An old copy of the state's folder, in which the head is, brings back what was revoked.
    private func problem(
        of head: JournalHead, signedAt time: Int?, _ headFile: String
    ) -> FileProblem {
        let since = time.map { Timestamp.text(milliseconds: $0) } ?? "\(head.day)"
        return FileProblem(
            headFile,
            "is of record \(head.seq) (\(since)), and the journal goes on to \(seq): the state beside it is "
                + "an older copy, and what was revoked or ended since opens again",
            "end it again before peers come: `share.revoked` in the log since then, and `ocmgate journal "
                + "search --kind notification --action allow --since \(since)`, say what it was "
                + "(docs/operations.md, restoring). If the log has `journal.head-failed`, only this "
                + "file is old")
    }

    /// What mends a journal whose signed end is missing.
    static func remedy(_ headFile: String) -> String {
        "bring its files back; to go on with what there is, look at it with `ocmgate journal "
            + "verify`, keep a copy, and remove \(headFile)"
    }

    /// Bytes at the end of a file that are looked at first.
    private static let piece = 1 << 20
    private static let checkpoint = ByteNeedle(
        #","type":"\#(JournalLine.Kind.checkpoint.rawValue)","#)

    /// What is to be known of the last line.
    private typealias Line = (
        seq: Int, hash: JournalHash, kind: JournalLine.Kind, erased: JournalPseudonym?
    )

    /// The end of one file.
    private struct Last {
        var line: Line?
        var rest: [UInt8] = []
        var lacksEnd = false

        init(_ reader: JournalReader, _ day: JournalDay) throws {
            guard try !look(reader, day, last: JournalEnd.piece) else { return }
            if try look(reader, day, last: nil) { return }
            var number = 0
            _ = try reader.rawLines(of: day) { bytes, place, _ in
                if JournalLine(bytes) != nil { number = place.number }
                return .goOn
            }
            throw FileProblem(
                "\(reader.file(of: day)):\(number)",
                "this record, or the one before it, was changed",
                "bring the file back as it was; to begin anew, keep the folder elsewhere and "
                    + "remove what remembers its end (STATE.journal)")
        }

        /// False when the last line does not follow from the one before it, as far as that one was
        /// looked at.
        private mutating func look(
            _ reader: JournalReader, _ day: JournalDay, last: Int?
        ) throws -> Bool {
            rest = []
            var before: JournalHash?
            var newest: (line: JournalLine, before: JournalHash?)?
            var isWholeNow = true
            _ = try reader.rawLines(of: day, last: last) { bytes, _, isWhole in
                isWholeNow = isWhole
                guard let line = JournalLine(bytes) else {
                    rest += bytes
                    if isWhole { rest.append(UInt8(ascii: "\n")) }
                    return .goOn
                }
                rest = []
                newest = (line, before)
                before = line.hash
                return .goOn
            }
            lacksEnd = !isWholeNow
            // Of a file that begins in the middle nobody knows whether there is a line at all.
            guard let newest else { return last == nil }
            let previous =
                newest.before ?? newest.line.member("prev")?.string.flatMap { JournalHash($0) }
            guard let previous, let stated = newest.line.hash,
                JournalHash(after: previous, newest.line.hashed.span) == stated
            else { return false }
            let erased =
                newest.line.kind == .erased
                ? newest.line.member("subject")?.string.flatMap { JournalPseudonym($0) } : nil
            line = (newest.line.seq, stated, newest.line.kind, erased)
            return true
        }
    }
}
