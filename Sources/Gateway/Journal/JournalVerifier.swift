import Federation
package import OpenSSL

/// Checks a journal from its first line to its last, with nothing but public keys.
///
/// Found is every line that was changed, removed, put elsewhere or added, each with its file and line;
/// an end that was cut off only against what remembers it (``JournalHead``). Accepted is what a
/// crash leaves half written, if the next line accounts for it to the byte, and the absence of days
/// that a record says were removed, if the next line signs it: who removes signs at once. A journal of
/// which nothing is signed by a key that was given is not whole, nor is a day that ends unsigned.
///
/// Hashes and signatures are looked at piece by piece on all cores (``JournalPieces``), the chain of
/// the pieces in order: what is found, and in which order, does not hang on that.
package struct JournalVerifier {
    /// One thing that is wrong.
    package struct Finding: Sendable, Equatable {
        package let file: String
        /// From 1; nil when it is about the file, or the folder, as a whole.
        package let line: Int?
        package let what: String
    }

    /// What was found out.
    package struct Report: Sendable, Equatable {
        package var findings: [Finding] = []
        package var lines = 0
        package var days = 0
        package var checkpoints = 0
        /// The newest checkpoint that is right.
        package var signed: JournalHead?
        /// Lines behind it: nobody has signed them yet.
        package var unsigned = 0
        /// Bytes that crashes left, and that were accounted for.
        package var torn = 0
        /// The last line.
        package var last: Int = 0
        /// The newest day that was removed because it was old.
        package var removedThrough: String?
    }

    /// Findings after which the rest is only counted.
    private static let most = 1000

    private let keys: [String: PublicKey]
    private let heads: [JournalHead]
    private let size: Int
    private var report = Report()
    private var previous = JournalHash.none
    private var expected = 1
    /// Where the journal begins, if that is not its first line: what a removal has to say.
    private var start: (last: Int, head: JournalHash, file: String)?
    private var isStartSigned = false
    /// The day of the file before.
    private var dayBefore: JournalDay?
    /// What the line before says was removed; believed if this one signs it.
    private var removal: (through: String?, isOfStart: Bool)?
    private var endsSigned = false
    private var rest: [UInt8] = []
    private var restPlace: JournalReader.Place?
    private var seen: [Int: (hash: JournalHash, day: JournalDay)] = [:]

    /// - Parameters:
    ///   - heads: checkpoints that somebody remembers: the one beside the state, those that the log
    ///     told of.
    ///   - size: bytes that are examined at a time, on one core.
    package init(keys: [PublicKey], heads: [JournalHead], size: Int = 256 << 10) {
        self.size = size
        self.keys = Dictionary(
            keys.map { (JournalKey.id(of: $0), $0) }, uniquingKeysWith: { first, _ in first })
        self.heads = heads
    }

    /// Checks all that is there.
    ///
    /// Refused: a folder that holds no journal, or cannot be read.
    package mutating func verify(_ reader: JournalReader) throws -> Report {
        let days = try reader.days()
        guard !days.isEmpty else {
            throw FileProblem(reader.folder, "holds no journal", "see [journal] dir, or --dir")
        }
        report.days = days.count
        var isFirst = true
        var before = 0
        var lacksEnd = false
        try JournalPieces(reader: reader, keys: keys, size: size).forEach(days) { item in
            switch item {
            case .piece(let piece, let day):
                let file = reader.file(of: day)
                for (part, line) in piece.parts {
                    let place = JournalReader.Place(
                        file: file, number: before + line + 1, day: day)
                    check(part, place, isFirst: &isFirst)
                }
                before += piece.lines
                lacksEnd = piece.lacksEnd
            case .end(let day):
                let file = reader.file(of: day)
                if isFirst, rest.isEmpty { find(file, nil, "is empty") }
                // Nothing is written behind a day that another follows.
                if lacksEnd, day != days.last {
                    find(file, before, "lacks the line feed at its end: the file was cut off there")
                }
                lacksEnd = false
                isFirst = true
                before = 0
                dayBefore = day
            }
        }
        if let place = restPlace {
            find(
                place,
                "is incomplete; a gateway that runs may be writing it, look again; else it was "
                    + "killed, and accounts for it at its next start")
        }
        if let start, !isStartSigned {
            find(
                start.file, 1,
                "the journal begins with record \(start.last + 1), and no signed record says "
                    + "that those before it were removed")
        }
        if report.lines > 0, report.signed == nil {
            find(reader.folder, nil, "nothing of it is signed by a key that was given")
        }
        report.last = expected - 1
        for head in heads { check(head, reader.folder) }
        return report
    }

    // MARK: Lines

    private mutating func check(
        _ part: JournalPiece.Part, _ place: JournalReader.Place, isFirst: inout Bool
    ) {
        switch part {
        case .line(let line, let stated, let link):
            check(line, stated, link, place, isFirst: &isFirst)
        case .rest(let bytes):
            if restPlace == nil { restPlace = place }
            rest += bytes
        }
    }

    private mutating func check(
        _ line: JournalLine, _ stated: JournalHash, _ link: JournalLink?,
        _ place: JournalReader.Place, isFirst: inout Bool
    ) {
        report.lines += 1
        let endedSigned = endsSigned
        endsSigned = line.kind == .checkpoint
        let removal = self.removal
        self.removal = nil
        checkRest(line)
        if isFirst {
            isFirst = false
            if report.lines > 1, !endedSigned {
                find(place, "the day before ends without a signature")
            }
            begin(line, place)
        } else if line.kind == .begin {
            find(place, "a file begins in the middle of another")
        }
        if line.seq != expected {
            find(place, Self.gap(expected: expected, found: line.seq))
        } else {
            // Of the first line of a piece it is not known yet.
            let known = link.flatMap { $0.previous == previous ? $0 : nil }
            let link = known ?? JournalLink(line, stated, after: previous, keys)
            switch link.finding {
            case .wrong:
                find(place, "its hash is wrong: this record, or the one before it, was changed")
            case .follows: judge(line)
            case .signs(let verdict): judge(verdict, line, stated, place, behind: removal)
            }
        }
        if heads.contains(where: { $0.seq == line.seq }) { seen[line.seq] = (stated, place.day) }
        previous = stated
        expected = line.seq + 1
        report.unsigned = line.seq - (report.signed?.seq ?? 0)
    }

    private static func gap(expected: Int, found: Int) -> String {
        switch found - expected {
        case 1: "record \(expected) is missing before it"
        case 2...: "records \(expected) to \(found - 1) are missing before it"
        default: "record \(found) does not belong here: \(expected) was to come"
        }
    }

    private mutating func judge(
        _ verdict: JournalCheckpoint.Verdict, _ line: JournalLine, _ stated: JournalHash,
        _ place: JournalReader.Place, behind removal: (through: String?, isOfStart: Bool)?
    ) {
        switch verdict {
        case .valid:
            report.checkpoints += 1
            report.signed = JournalHead(seq: line.seq, hash: stated, day: place.day)
            if let removal {
                report.removedThrough = removal.through
                if removal.isOfStart { isStartSigned = true }
            }
        case .unknownKey(let name):
            find(
                place,
                "is signed by the key \(name), which was not given; give its public half by --key, "
                    + "or put it into the folder of keys as \(JournalKey.pastName(of: name))")
        case .wrong: find(place, "its signature is wrong")
        }
    }

    /// What a line of its kind has to say.
    private mutating func judge(_ line: JournalLine) {
        switch line.kind {
        case .removed:
            let last = line.member("last")?.number?.integer
            // Of several days that were to go, some may be left.
            let isOfStart =
                start.map { start in
                    guard let last, last >= start.last else { return false }
                    return last > start.last
                        || line.member("head")?.string == start.head.description
                } ?? false
            self.removal = (line.member("through")?.string, isOfStart)
        case .begin, .checkpoint, .decision, .torn, .erased, .diagnosis, .unrecorded, .policy: break
        }
    }

    /// The first line of a file names the line that it follows.
    private mutating func begin(_ line: JournalLine, _ place: JournalReader.Place) {
        guard let begin = JournalBegin(line) else {
            find(place, "a file does not begin with this")
            return
        }
        if !begin.isOf(place.day) {
            find(place, "was written into the file of another day: this one has got another name")
        }
        if let dayBefore, !begin.follows(dayBefore) {
            find(
                place,
                "was written behind the file of \(begin.before?.description ?? "another day"), not "
                    + "that of \(dayBefore): one of them has got another name")
        }
        if report.lines == 1, line.seq > 1 {
            start = (line.seq - 1, begin.previous, place.file)
            previous = begin.previous
            expected = line.seq
        } else if begin.previous != previous, line.seq == expected {
            find(place, "does not follow from the end of the file before it")
        }
    }

    /// Bytes that are no line are accounted for by the line behind them, or by nothing.
    private mutating func checkRest(_ line: JournalLine) {
        guard let place = restPlace else { return }
        var bytes = rest
        rest = []
        restPlace = nil
        // The line feed that ends them is the later line's.
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        let isTold = line.kind == .torn || line.kind == .begin
        guard isTold, line.member("torn_bytes")?.number?.integer == bytes.count,
            line.member("torn_sha256")?.string == JournalHash(of: bytes).description
        else {
            find(place, "is no record: it was changed, or does not belong here")
            return
        }
        report.torn += bytes.count
    }

    private mutating func check(_ head: JournalHead, _ folder: String) {
        if head.seq >= expected {
            find(
                folder, nil,
                "ends with record \(expected - 1), but record \(head.seq) was signed on \(head.day): "
                    + "its end is missing")
        } else if let (hash, day) = seen[head.seq] {
            if hash != head.hash {
                find(
                    folder, nil,
                    "record \(head.seq) is not the one that was signed on \(head.day): the journal was "
                        + "written anew from there, or before")
            } else if day != head.day {
                find(
                    folder, nil,
                    "record \(head.seq) was signed in the file of \(head.day), and is in that of "
                        + "\(day): it has got another name")
            }
        } else if start.map({ head.seq > $0.last }) ?? true {
            find(folder, nil, "record \(head.seq), which was signed on \(head.day), is missing")
        }
    }

    private mutating func find(_ place: JournalReader.Place, _ what: String) {
        find(place.file, place.number, what)
    }

    private mutating func find(_ file: String, _ line: Int?, _ what: String) {
        guard report.findings.count < Self.most else { return }
        report.findings.append(Finding(file: file, line: line, what: what))
    }
}
