import Testing

@testable import Gateway

@Suite struct DecisionIDTests {
    @Test func idsAreSixteenLettersThatSortByTime() {
        let first = DecisionID.make(now: 1_700_000_000)
        let later = DecisionID.make(now: 1_700_000_001)
        #expect(first.utf8.count == 16 && first < later)
        #expect(first.utf8.allSatisfy { "0123456789abcdefghjkmnpqrstvwxyz".utf8.contains($0) })
    }

    @Test func noTwoAreAlike() {
        #expect(Set((0..<1000).map { _ in DecisionID.make(now: 7) }).count == 1000)
    }

    @Test func timesBefore1970AreNoTrap() {
        #expect(DecisionID.make(now: -5).utf8.count == 16)
        #expect(DecisionID.make(now: .max).utf8.count == 16)
    }
}
