import Testing

@testable import Federation

@Suite struct GlobAutomatonTests {
    private func matches(_ automaton: GlobAutomaton, _ text: String) -> Bool {
        automaton.accepts(text.utf8.reduce(automaton.start) { automaton.step($0, $1) })
    }

    /// Every text of up to six letters over a small alphabet, against the matcher itself.
    @Test(arguments: [
        "a", "ab", "*", "a*", "*a", "a*b", "*ab*", "ab*ba", "*aba*", "*a*b*", "a**b", "*abab",
        "aa*aa", "*aab*ab", "b*a*b",
    ])
    func itAcceptsWhatTheGlobMatches(_ pattern: String) throws {
        let glob = try #require(Glob(pattern))
        let automaton = GlobAutomaton(glob)
        for text in Self.texts {
            #expect(matches(automaton, text) == glob.matches(text), "\(text)")
        }
    }

    /// All texts of up to six letters of `a`, `b` and `c`.
    private static let texts: [String] = {
        var all = [""]
        var last = [""]
        for _ in 0..<6 {
            last = last.flatMap { text in ["a", "b", "c"].map { text + $0 } }
            all += last
        }
        return all
    }()
}
