/// All texts of a shape, in classes: two texts of one class match the same of the given globs.
struct TextClasses {
    struct Class {
        /// Which of the globs it matches, by their place.
        let matched: ClassSet
        /// A text of it; nil when none was found that is a value of the shape. Such a class may be
        /// empty: a proof counts with it, a counterexample cannot be made of it.
        let witness: String?
    }

    let classes: [Class]

    /// - Parameter ordinary: the text that stands for its class, whatever else is found.
    init(_ globs: [Glob], _ shape: TextShape, ordinary: String?) throws(ProofLimit) {
        var search = Search(globs, shape)
        try search.run()
        var found: [Class] = []
        if let ordinary {
            found.append(
                Class(
                    matched: ClassSet(of: globs.count) { globs[$0].matches(ordinary) },
                    witness: ordinary))
        }
        for (matched, witnesses) in search.found
        where !found.contains(where: { $0.matched == matched }) {
            found.append(
                Class(matched: matched, witness: witnesses.first { shape.isValue($0) }))
        }
        classes = found
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
        private(set) var found: [(matched: ClassSet, witnesses: [String])] = []
        private var places: [ClassSet: Int] = [:]

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

        mutating func run() throws(ProofLimit) {
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
                    throw ProofLimit("the patterns of addresses overlap in too many ways")
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
            let matched = ClassSet(of: automata.count) { automata[$0].accepts(state[$0]) }
            let place: Int
            if let known = places[matched] {
                place = known
            } else {
                place = found.count
                places[matched] = place
                found.append((matched, []))
            }
            guard found[place].witnesses.count < Self.witnesses else { return }
            if let text = text(of: number) { found[place].witnesses.append(text) }
        }

        private func text(of number: Int) -> String? {
            var bytes: [UInt8] = []
            var number = number
            while ways[number].from >= 0 {
                bytes.append(ways[number].byte)
                number = ways[number].from
            }
            return String(validating: bytes.reversed(), as: UTF8.self)
        }

        /// States; more would be more patterns than a person writes.
        private static let most = 20_000
        /// Texts of each class that are tried as its witness.
        private static let witnesses = 64
    }
}
