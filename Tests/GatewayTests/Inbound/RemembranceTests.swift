import Testing

@testable import Gateway

@Suite struct RemembranceTests {
    @Test func itIsHandedOverOnce() {
        let change = Change(write: { _ in })
        let memory = Remembrance(seen: [change], learned: [change])
        #expect(memory.take().count == 2)
        #expect(memory.take().isEmpty && memory.takeSeen().isEmpty)
    }

    @Test func ofWhatIsNotCarriedOutOnlyThatItWasSeenIs() {
        let change = Change(write: { _ in })
        let memory = Remembrance(seen: [change], learned: [change, change])
        #expect(memory.takeSeen().count == 1)
        #expect(memory.take().isEmpty)
    }
}
