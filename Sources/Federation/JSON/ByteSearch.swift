import OpenSSL

/// Plain loops over bytes, for what is looked at in every message: Unicode's notion of characters
/// would cost more there than all else, and the wire knows only bytes.
extension Span<UInt8> {
    /// The place of the first such byte.
    package func firstIndex(of byte: UInt8) -> Int? {
        for place in indices where self[place] == byte { return place }
        return nil
    }

    /// Whether a byte is among them.
    package func contains(_ byte: UInt8) -> Bool { firstIndex(of: byte) != nil }

    /// Whether others, at least one, stand among them one after the other.
    func contains(_ others: Span<UInt8>) -> Bool {
        guard others.count > 0, count >= others.count else { return false }
        let first = others[0]
        for place in 0...(count - others.count)
        where self[place] == first
            && extracting(place..<(place + others.count)).isSame(as: others)
        {
            return true
        }
        return false
    }

    /// The place of the first `://`.
    package var schemeEnd: Int? {
        guard count >= 3 else { return nil }
        for place in 0..<(count - 2)
        where self[place] == UInt8(ascii: ":") && self[place + 1] == UInt8(ascii: "/")
            && self[place + 2] == UInt8(ascii: "/")
        {
            return place
        }
        return nil
    }

    /// Whether the bytes begin with `word`, whose letters are lower-case, whatever their case here.
    func startsFolded(_ word: String) -> Bool {
        let word = word.utf8.span
        guard count >= word.count else { return false }
        for place in word.indices where self[place].asciiLowercased != word[place] { return false }
        return true
    }

    /// Equal byte for byte.
    package func isSame(as other: Span<UInt8>) -> Bool {
        hasSameBytes(as: other)
    }
}

extension String {
    /// Equal byte for byte; `==` also equates canonically equivalent spellings.
    package func isSame(as other: String) -> Bool {
        guard utf8.count == other.utf8.count else { return false }
        return utf8.span.isSame(as: other.utf8.span)
    }

    /// Equal but for the case of the letters of ASCII.
    package func isSame(inAnyCaseAs other: String) -> Bool {
        utf8.elementsEqual(other.utf8) { $0.asciiLowercased == $1.asciiLowercased }
    }

    /// Whether every byte is one of ASCII.
    var isASCII: Bool {
        let bytes = utf8.span
        for place in bytes.indices where bytes[place] >= 0x80 { return false }
        return true
    }
}
