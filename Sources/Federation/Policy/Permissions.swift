/// The permissions that a share grants, or that a condition names.
///
/// `unspecified` stands for a share that names none, and for the literal text of Nextcloud and
/// ownCloud, and beside other permissions for words that are not known; a condition that does not name it
/// takes such a share for one that grants everything.
package struct Permissions: Sendable, Hashable {
    private var bits: UInt8

    private init(bits: UInt8) { self.bits = bits }

    package static let read = Permissions(bits: 1)
    package static let write = Permissions(bits: 2)
    package static let share = Permissions(bits: 4)
    package static let unspecified = Permissions(bits: 8)
    package static let everything = Permissions(bits: 7)

    /// The words of a share; none at all is `unspecified`, and so is a word that is not known:
    /// what it grants nobody here can tell. What is said beside it is granted all the same.
    package init(words: [String]) {
        bits = 0
        for word in words { bits |= (Permissions(word: word) ?? .unspecified).bits }
        if bits == 0 { self = .unspecified }
    }

    /// One word of a condition.
    package init?(word: String) {
        guard let known = Self.named.first(where: { $0.word == word }) else { return nil }
        self = known.meaning
    }

    /// What a condition names, all words together.
    package init(naming words: [Permissions]) {
        bits = words.reduce(0) { $0 | $1.bits }
    }

    /// Whether all of others are among them.
    package func contains(_ other: Permissions) -> Bool { bits & other.bits == other.bits }

    /// The words in the order read, write, share, unspecified.
    package var words: [String] { Self.wordsOfBits[Int(bits)] }

    /// What `set`, of a condition, has to be compared with: unspecified as itself where the
    /// condition names it, beside what is said; as everything else.
    func spelledOut(for set: Permissions) -> Permissions {
        bits & 8 != 0 && set.bits & 8 == 0 ? .everything : self
    }

    func isDisjoint(with other: Permissions) -> Bool { bits & other.bits == 0 }

    package static let order = named.map(\.word)
    private static let wordsOfBits: [[String]] = (0..<16).map { bits in
        named.filter { Permissions(bits: bits).contains($0.meaning) }.map(\.word)
    }
    private static let named: [(word: String, meaning: Permissions)] = [
        ("read", .read), ("write", .write), ("share", .share), ("unspecified", .unspecified),
    ]
}
