/// All texts of a shape, in classes: two texts of one class match the same of the given globs.
///
/// A glob without a star is one text, and a class of its own. Only those with stars are run side by side,
/// so whole addresses may be as many as people are.
struct TextClasses {
    /// The texts that match just these of the globs.
    struct Class {
        /// Which of the globs it matches: their places, in order.
        let matched: [Int]
        /// A text of it; nil when none was found that is a value of the shape. Such a class may be
        /// empty: a proof counts with it, a counterexample cannot be made of it.
        let witness: String?
    }

    let classes: [Class]
    /// How many states the globs with stars were looked at in.
    private(set) var states = 0

    /// - Parameter ordinary: the text that stands for its class, whatever else is found.
    init(_ globs: [Glob], _ shape: TextShape, ordinary: String?) throws(ProofLimit) {
        var literals: [[UInt8]: [Int]] = [:]
        var stars: [Int] = []
        for (place, glob) in globs.enumerated() {
            let text = Array(glob.description.utf8)
            if text.contains(UInt8(ascii: "*")) {
                stars.append(place)
            } else {
                literals[text, default: []].append(place)
            }
        }
        // A class that is known by literals alone may have no other text: those are looked at as well, until
        // each class has another or is gone.
        var (apart, found): ([[UInt8]], [Found]) = ([], [])
        var isWhole = false
        while !isWhole {
            let places = stars + apart.compactMap { literals[$0]?.first }
            var search = Search(places.map { globs[$0] }, shape)
            try search.run(stars: stars.count)
            states += search.count
            found = []
            let before = apart.count
            for (matched, texts) in search.found
            where matched.last.map({ $0 < stars.count }) ?? true {
                let others = texts.filter { literals[$0] == nil }
                let witness = Self.witness(among: others, shape)
                if witness == nil { apart += texts.filter { literals[$0] != nil } }
                found.append(
                    Found(
                        Class(matched: matched.map { places[$0] }, witness: witness),
                        shape.order(of: others.first ?? [])))
            }
            isWhole = apart.count == before
        }
        for (text, places) in literals where shape.takes(text) {
            let matching = stars.filter { globs[$0].matches(bytes: text) }
            found.append(
                Found(
                    Class(
                        matched: (places + matching).sorted(),
                        witness: Self.witness(among: [text], shape)), shape.order(of: text)))
        }
        found.sort { $0.order.lexicographicallyPrecedes($1.order) }
        var first: [Class] = []
        if let ordinary {
            let text = Glob.folded(ordinary)
            let matching = stars.filter { globs[$0].matches(bytes: text) }
            first = [
                Class(matched: ((literals[text] ?? []) + matching).sorted(), witness: ordinary)
            ]
        }
        let others = found.map(\.found)
        classes = first + others.filter { one in first.allSatisfy { $0.matched != one.matched } }
    }

    /// A class, and what stands for its place among the others: the plainest text of it.
    private struct Found {
        let found: Class
        let order: [Int]

        init(_ found: Class, _ order: [Int]) {
            self.found = found
            self.order = order
        }
    }

    private static func witness(among texts: [[UInt8]], _ shape: TextShape) -> String? {
        for bytes in texts {
            if let text = String(validating: bytes, as: UTF8.self), shape.isValue(text) {
                return text
            }
        }
        return nil
    }

    /// The states that all globs and the shape can be in together, nearest first.
    private struct Search {
        private let automata: [GlobAutomaton]
        private let shape: TextShape
        private let alphabet: [UInt8]
        private var states: [[Int]] = []
        private var known: Set<[Int]> = []
        /// Of each state the one before and the byte between.
        private var ways: [(from: Int, byte: UInt8)] = []
        /// The globs of each class by their places, and texts of it, the nearest first.
        private(set) var found: [(matched: [Int], texts: [[UInt8]])] = []
        private var places: [[Int]: Int] = [:]

        var count: Int { states.count }

        init(_ globs: [Glob], _ shape: TextShape) {
            automata = globs.map { GlobAutomaton($0) }
            self.shape = shape
            let used = Set(globs.flatMap { Array($0.description.utf8) })
                .subtracting([UInt8(ascii: "*")])
            // A byte of no glob is like any other of its kind.
            var kinds: Set<[Int?]> = []
            let states = 0..<9
            var alphabet: [UInt8] = []
            for byte in shape.alphabet {
                let kind = states.map { shape.step($0, byte) }
                if used.contains(byte) || kinds.insert(kind).inserted { alphabet.append(byte) }
            }
            self.alphabet = alphabet + used.subtracting(alphabet).sorted()
        }

        /// Refused: more states than ``most``.
        ///
        /// - Parameter stars: how many of the globs have stars.
        mutating func run(stars: Int) throws(ProofLimit) {
            add(automata.map(\.start) + [shape.start], from: -1, by: 0)
            var next = 0
            while next < states.count {
                let state = states[next]
                collect(state, at: next)
                for byte in alphabet {
                    guard let shaped = shape.step(state[automata.count], byte) else { continue }
                    var after = state
                    for place in automata.indices {
                        after[place] = automata[place].step(state[place], byte)
                    }
                    after[automata.count] = shaped
                    add(after, from: next, by: byte)
                }
                guard states.count <= Self.most else {
                    throw ProofLimit(
                        "\(stars) patterns with * overlap in too many ways; those without count for "
                            + "nothing")
                }
                next += 1
            }
        }

        private mutating func add(_ state: [Int], from: Int, by byte: UInt8) {
            guard known.insert(state).inserted else { return }
            states.append(state)
            ways.append((from, byte))
        }

        private mutating func collect(_ state: [Int], at number: Int) {
            guard shape.accepts(state[automata.count]) else { return }
            let matched = automata.indices.filter { automata[$0].accepts(state[$0]) }
            let text = text(of: number)
            guard let place = places[matched] else {
                places[matched] = found.count
                found.append((matched, [text]))
                return
            }
            guard found[place].texts.count < Self.witnesses,
                String(validating: text, as: UTF8.self) != nil
            else { return }
            found[place].texts.append(text)
        }

        private func text(of number: Int) -> [UInt8] {
            var bytes: [UInt8] = []
            var number = number
            while ways[number].from >= 0 {
                bytes.append(ways[number].byte)
                number = ways[number].from
            }
            return bytes.reversed()
        }

        /// States; more would be more patterns than a person writes.
        private static let most = 20_000
        /// Texts of each class that are tried as its witness.
        private static let witnesses = 64
    }
}
