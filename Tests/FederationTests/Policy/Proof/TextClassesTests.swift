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
        #expect(found.map(\.matched) == [[], [0], [1]])
        #expect(
            found.map(\.witness) == [
                "alice@here.example", "a@med.uni.example", "a@exams.uni.example",
            ])
    }

    @Test func oneGlobInsideAnotherIsSeen() throws {
        let found = try classes(["*@*.example", "eve@*", "eve@a.example"])
        #expect(Set(found.map(\.matched)) == [[0], [], [1], [0, 1], [0, 1, 2]])
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
            let witness = try #require(one.witness, "\(one.matched)")
            #expect(OCMAddress(witness)?.canonical == witness)
            #expect(globs.indices.filter { globs[$0].matches(witness) } == one.matched)
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
                try TextClasses(globs, .address, ordinary: nil).classes.map(\.matched))
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

    /// One class each, and no more states than without them.
    @Test func wholeAddressesAreNotRunSideBySide() throws {
        let people = (0..<2000).map { "user\($0 &* 7_919 % 100_003)@cloud\($0 % 7).example" }
        let found = try TextClasses(
            try (people + ["*@cloud3.example"]).map { try #require(Glob($0)) }, .address,
            ordinary: "alice@here.example")
        #expect(found.states < 1000)
        #expect(found.classes.count == 2002)
        #expect(Set(found.classes.compactMap(\.witness)).isSuperset(of: people))
        let both = found.classes.filter { $0.matched.count == 2 }
        #expect(both.count == people.filter { $0.hasSuffix("@cloud3.example") }.count)
        #expect(both.allSatisfy { $0.matched.last == 2000 })
    }

    /// The text that would be found first is named by itself: another one stands for its class.
    @Test(arguments: [
        (["a@a", "*@a"], [[], [1], [0, 1]]), (["a@a", "a@a", "a*"], [[], [2], [0, 1, 2]]),
        (["alice@here.example", "*@here.example"], [[0, 1], [], [1]]),
        (["dean", "*"], [[1]]),
    ])
    func aTextThatIsNamedStandsForItselfAlone(_ patterns: [String], _ classes: [[Int]]) throws {
        let found = try self.classes(patterns)
        #expect(Set(found.map(\.matched)) == Set(classes))
        let globs = try patterns.map { try #require(Glob($0)) }
        for one in found {
            let witness = try #require(one.witness)
            #expect(globs.indices.filter { globs[$0].matches(witness) } == one.matched)
        }
    }

    @Test func whatAllNearTextsAreNamedOfIsLookedAtFurther() throws {
        let letters = (UInt8(ascii: "a")...UInt8(ascii: "z")).map { String(UnicodeScalar($0)) }
        let globs = try letters.map { try #require(Glob($0)) }
        let found = try TextClasses(globs, .software, ordinary: nil).classes
        let others = try #require(found.first { $0.matched.isEmpty }?.witness)
        #expect(!letters.contains(others))
        #expect(found.count == 27)
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
