import Testing

@testable import Federation

@Suite struct TextClassesTests {
    private func classes(_ patterns: [String]) throws -> [TextClasses.Class] {
        try TextClasses(
            try patterns.map { try #require(Glob($0)) }, .address, ordinary: "alice@here.example"
        ).classes
    }

    @Test func globsThatExcludeEachOtherAreNeverMatchedTogether() throws {
        let found = try classes(["*@med.uni.example", "*@exams.uni.example"])
        #expect(found.map(\.matched.numbers) == [[], [0], [1]])
        #expect(
            found.map(\.witness) == [
                "alice@here.example", "a@med.uni.example", "a@exams.uni.example",
            ])
    }

    @Test func oneGlobInsideAnotherIsSeen() throws {
        let found = try classes(["*@*.example", "eve@*", "eve@a.example"])
        #expect(Set(found.map(\.matched.numbers)) == [[0], [], [1], [0, 1], [0, 1, 2]])
        for one in found { #expect(one.witness != nil) }
    }

    /// The witness of a class matches just what the class says, and it is an address.
    @Test(arguments: [
        ["*@a.example", "b*", "*@*.example:8443"], ["a*b@*", "*b@a*", "*@x-y.example"],
        ["é*@a.example", "*@[2001:db8::1]", "*+*@*"], ["*@*", "*"],
    ])
    func witnessesMatchWhatTheirClassSays(_ patterns: [String]) throws {
        let globs = try patterns.map { try #require(Glob($0)) }
        for one in try classes(patterns) {
            let witness = try #require(one.witness, "\(one.matched.numbers)")
            #expect(OCMAddress(witness)?.canonical == witness)
            #expect(globs.indices.filter { globs[$0].matches(witness) } == one.matched.numbers)
        }
    }

    /// Random addresses fall into classes that were found.
    @Test func noAddressIsOutsideOfTheClasses() throws {
        var numbers = ProofNumbers(state: 5)
        let pieces = ["*", "a", "b", "a.example", ".example", "@", "@a", "x"]
        for _ in 0..<60 {
            let globs = (0..<3).compactMap { _ in
                Glob((0..<4).map { _ in pieces.randomElement(using: &numbers) ?? "" }.joined())
            }
            let known = Set(
                try TextClasses(globs, .address, ordinary: nil).classes.map(\.matched.numbers))
            for _ in 0..<200 {
                let name = (0..<Int.random(in: 1...3, using: &numbers)).map { _ in
                    ["a", "b", "x", "a.example", "@"].randomElement(using: &numbers) ?? ""
                }.joined()
                let host =
                    ["a", "b.a", "a.example", "x.example", "b"].randomElement(using: &numbers) ?? ""
                guard let text = OCMAddress("\(name)@\(host)")?.canonical else { continue }
                #expect(
                    known.contains(globs.indices.filter { globs[$0].matches(text) }),
                    "\(text) \(globs)")
            }
        }
    }

    @Test func patternsThatOverlapInTooManyWaysAreGivenUp() throws {
        let globs = (0..<26).compactMap { number in
            Glob("*\(String(UnicodeScalar(UInt8(ascii: "a") + UInt8(number))))*@*")
        }
        #expect(throws: ProofLimit.self) { try TextClasses(globs, .address, ordinary: nil) }
    }
}

/// Random numbers that are the same at every run.
struct ProofNumbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}
