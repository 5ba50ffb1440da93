/// A pattern of addresses in which `*` stands for any run of characters; nothing else is special.
/// Upper and lower case are the same: servers know `dean` by `Dean` too, and a pattern that names
/// somebody has to be about him however he is written.
///
/// Matching is linear in the length of the text whatever the pattern: the pieces between the stars
/// are found one after the other, each by the table of Knuth, Morris and Pratt.
package struct Glob: Sendable, Hashable, CustomStringConvertible {
    package let description: String
    private let pieces: [Piece]
    private let length: Int

    private struct Piece: Sendable, Hashable {
        let bytes: [UInt8]
        let fallback: [Int]
    }

    /// The host part, behind the last `@`, is without a star read as a host and takes its canonical
    /// form (IDNA in A-labels, no port 443).
    ///
    /// Refused: an empty pattern, control characters, more than 1024 bytes, and host parts that no address
    /// has: what is no host, and letters outside ASCII beside a star.
    package init?(_ written: String) {
        let pattern = written.lowercased()
        guard (1...1024).contains(pattern.utf8.count),
            !pattern.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else { return nil }
        guard let canonical = Self.canonical(pattern) else { return nil }
        // Behind the host's form: in a host the sigma of a word's end is another letter.
        let bytes = Self.withOneSigma(canonical)
        description = String(decoding: bytes, as: UTF8.self)
        pieces = bytes.split(separator: UInt8(ascii: "*"), omittingEmptySubsequences: false)
            .map { Piece(bytes: Array($0), fallback: Self.fallback(Array($0))) }
        length = pieces.reduce(0) { $0 + $1.bytes.count }
    }

    /// Whether the whole of `text` matches.
    package func matches(_ text: String) -> Bool { matches(bytes: Self.folded(text)) }

    /// A text as patterns are held against it.
    static func folded(_ text: String) -> [UInt8] { withOneSigma(Array(text.lowercased().utf8)) }

    /// The sigma of a word's end as any other: both are `Σ` in upper case (Unicode, CaseFolding.txt).
    private static func withOneSigma(_ lowered: [UInt8]) -> [UInt8] {
        var bytes = lowered
        for place in bytes.indices.dropFirst()
        where bytes[place - 1] == 0xCF && bytes[place] == 0x82 {
            bytes[place] = 0x83
        }
        return bytes
    }

    /// Whether the whole of a folded text matches.
    func matches<Text: RandomAccessCollection<UInt8>>(bytes: Text) -> Bool where Text.Index == Int {
        guard let first = pieces.first, let last = pieces.last, bytes.count >= length else {
            return false
        }
        guard pieces.count > 1 else { return bytes.elementsEqual(first.bytes) }
        guard bytes.starts(with: first.bytes),
            bytes.suffix(last.bytes.count).elementsEqual(last.bytes)
        else { return false }
        var place = bytes.startIndex + first.bytes.count
        let end = bytes.endIndex - last.bytes.count
        for piece in pieces.dropFirst().dropLast() {
            guard let next = Self.find(piece, in: bytes, from: place, to: end) else { return false }
            place = next
        }
        return place <= end
    }

    /// The end of the first occurrence.
    private static func find<Text: RandomAccessCollection<UInt8>>(
        _ piece: Piece, in text: Text, from: Int, to: Int
    ) -> Int? where Text.Index == Int {
        if piece.bytes.isEmpty { return from }
        var matched = 0
        var place = from
        while place < to {
            while matched > 0, piece.bytes[matched] != text[place] {
                matched = piece.fallback[matched - 1]
            }
            if piece.bytes[matched] == text[place] { matched += 1 }
            place += 1
            if matched == piece.bytes.count { return place }
        }
        return nil
    }

    /// The pattern with its host part in canonical form.
    private static func canonical(_ pattern: String) -> [UInt8]? {
        guard let at = pattern.utf8.lastIndex(of: UInt8(ascii: "@")) else {
            return Array(pattern.utf8)
        }
        let host = pattern[pattern.utf8.index(after: at)...]
        if !host.utf8.contains(UInt8(ascii: "*")) {
            return PeerHost(host).map { Array("\(pattern[...at])\($0)".utf8) }
        }
        guard host.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        return Array(pattern.utf8)
    }

    /// For each place the length of the longest proper prefix that ends there.
    static func fallback(_ bytes: [UInt8]) -> [Int] {
        var table = [Int](repeating: 0, count: bytes.count)
        var matched = 0
        for place in bytes.indices.dropFirst() {
            while matched > 0, bytes[matched] != bytes[place] { matched = table[matched - 1] }
            if bytes[matched] == bytes[place] { matched += 1 }
            table[place] = matched
        }
        return table
    }
}
