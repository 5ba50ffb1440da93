import Testing

@testable import Gateway

@Suite struct RemembranceTests {
    @Test func itIsHandedOverOnce() {
        let memory = Remembrance([Change(write: { _ in })])
        #expect(memory.take().count == 1)
        #expect(memory.take().isEmpty)
    }
}
