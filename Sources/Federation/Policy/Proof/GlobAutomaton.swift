/// A glob as an automaton: it reads a text byte by byte and is in one state at a time.
///
/// Of several such automata that read the same text, the states they can be in together tell
/// exactly which of the globs a text can match at once.
struct GlobAutomaton {
    private let pieces: [[UInt8]]
    private let fallbacks: [[Int]]
    /// The first state of each piece; a state is that plus the number of its bytes that are read.
    private let starts: [Int]

    /// The state from which no text is accepted any more.
    static let dead = -1

    init(_ glob: Glob) {
        let bytes = Array(glob.description.utf8)
        pieces = bytes.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
            .map { Array($0) }
        fallbacks = pieces.map(Glob.fallback)
        var next = 0
        starts = pieces.map { piece in
            defer { next += piece.count + 1 }
            return next
        }
    }

    /// Where it begins to read.
    var start: Int { settled(0, 0) }

    func accepts(_ state: Int) -> Bool {
        guard let last = pieces.last, let start = starts.last else { return false }
        return state == start + last.count
    }

    /// The state after one byte more.
    func step(_ state: Int, _ byte: UInt8) -> Int {
        guard state != Self.dead else { return Self.dead }
        let place = starts.lastIndex { $0 <= state } ?? 0
        let piece = pieces[place]
        var matched = state - starts[place]
        if place == 0 {
            guard matched < piece.count, piece[matched] == byte else { return Self.dead }
            return settled(0, matched + 1)
        }
        // Behind the last piece a text may go on, as long as it ends with that piece again.
        guard !piece.isEmpty else { return state }
        if matched == piece.count { matched = fallbacks[place][matched - 1] }
        while matched > 0, piece[matched] != byte { matched = fallbacks[place][matched - 1] }
        if piece[matched] == byte { matched += 1 }
        return settled(place, matched)
    }

    /// The state with so many bytes of a piece read; a piece that is read whole gives way to the
    /// next one behind the star.
    private func settled(_ place: Int, _ matched: Int) -> Int {
        var (place, matched) = (place, matched)
        while matched == pieces[place].count, place < pieces.count - 1 {
            (place, matched) = (place + 1, 0)
        }
        return starts[place] + matched
    }
}
