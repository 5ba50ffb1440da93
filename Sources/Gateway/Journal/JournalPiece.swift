import OpenSSL

/// A piece of a day's file, and what its lines say by themselves: their form, the hash that each
/// states, and how it stands to the line before it in the piece.
///
/// Made on any thread. Whether a piece goes on where the one before it ended is found out by
/// ``JournalVerifier``, which goes through them in order.
struct JournalPiece: Sendable {
    /// A line, or what stands in the place of lines.
    enum Part: Sendable {
        /// A line that has the form of one, and states a hash.
        case line(JournalLine, stated: JournalHash, link: JournalLink?)
        /// Bytes that are no lines, with their line feeds.
        case rest(ArraySlice<UInt8>)
    }

    /// What stands in it, in order, each with the place of its (first) line in the piece, from 0.
    let parts: [(part: Part, line: Int)]
    /// How many lines it has, the one that lacks its end counted.
    let lines: Int
    /// Whether the last line lacks its end.
    let lacksEnd: Bool

    /// - Parameter bytes: whole lines; only the last one of a file may lack its end.
    init(_ bytes: ArraySlice<UInt8>, _ keys: [String: PublicKey]) {
        var parts: [(part: Part, line: Int)] = []
        var count = 0
        var previous: JournalHash?
        // Where bytes began that are no line.
        var rest: (start: Int, line: Int)?
        func endRest(_ end: Int) {
            guard let begun = rest else { return }
            parts.append((.rest(bytes[begun.start..<end]), begun.line))
            rest = nil
        }
        _ = JournalReader.lines(in: bytes) { text, _ in
            defer { count += 1 }
            guard let line = JournalLine(text), let stated = line.hash else {
                rest = rest ?? (text.startIndex, count)
                return .goOn
            }
            endRest(text.startIndex)
            let link = previous.map { JournalLink(line, stated, after: $0, keys) }
            parts.append((.line(line, stated: stated, link: link), count))
            previous = stated
            return .goOn
        }
        endRest(bytes.endIndex)
        self.parts = parts
        lines = count
        lacksEnd = bytes.last != UInt8(ascii: "\n")
    }
}

/// How a line stands to the one before it.
struct JournalLink: Sendable {
    /// What is found out of a line and the one before it.
    enum Finding: Sendable {
        /// The hash that it states is another than its own.
        case wrong
        case follows
        /// It follows, and is a checkpoint.
        case signs(JournalCheckpoint.Verdict)
    }

    /// The hash of the line before, behind which this was found out.
    let previous: JournalHash
    let finding: Finding

    init(
        _ line: JournalLine, _ stated: JournalHash, after previous: JournalHash,
        _ keys: [String: PublicKey]
    ) {
        self.previous = previous
        if JournalHash(after: previous, line.hashed.span) != stated {
            finding = .wrong
        } else if line.kind == .checkpoint {
            finding = .signs(JournalCheckpoint.judge(line, after: previous, keys))
        } else {
            finding = .follows
        }
    }
}
