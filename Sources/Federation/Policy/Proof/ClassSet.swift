/// Some of the classes of one aspect of messages, by their numbers.
struct ClassSet: Hashable {
    private var words: [UInt64]

    /// None of `count` classes.
    init(noneOf count: Int) {
        words = [UInt64](repeating: 0, count: (count + 63) / 64)
    }

    /// Those of the first `count` numbers for which `isMember` holds.
    init(of count: Int, where isMember: (Int) -> Bool) {
        self.init(noneOf: count)
        for number in 0..<count where isMember(number) { insert(number) }
    }

    /// All of `count` classes.
    init(allOf count: Int) {
        self.init(of: count) { _ in true }
    }

    mutating func insert(_ number: Int) {
        words[number / 64] |= 1 << UInt64(number % 64)
    }

    func contains(_ number: Int) -> Bool {
        words[number / 64] & 1 << UInt64(number % 64) != 0
    }

    var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    /// The lowest number; nil of an empty set.
    var first: Int? {
        for (place, word) in words.enumerated() where word != 0 {
            return place * 64 + word.trailingZeroBitCount
        }
        return nil
    }

    var numbers: [Int] { (0..<words.count * 64).filter(contains) }

    func intersection(_ other: ClassSet) -> ClassSet {
        var result = self
        for place in words.indices { result.words[place] &= other.words[place] }
        return result
    }

    func union(_ other: ClassSet) -> ClassSet {
        var result = self
        for place in words.indices { result.words[place] |= other.words[place] }
        return result
    }

    func subtracting(_ other: ClassSet) -> ClassSet {
        var result = self
        for place in words.indices { result.words[place] &= ~other.words[place] }
        return result
    }

    func isSubset(of other: ClassSet) -> Bool {
        for place in words.indices where words[place] & ~other.words[place] != 0 { return false }
        return true
    }

    func isDisjoint(with other: ClassSet) -> Bool {
        for place in words.indices where words[place] & other.words[place] != 0 { return false }
        return true
    }
}
