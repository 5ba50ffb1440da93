import Testing

@testable import Gateway

@Suite struct GatheringTests {
    @Test func whoIsAloneWaitsForNobody() {
        var gathering = Gathering(window: 0.001)
        let pauses = [1, 1, 1, 2, 1, 1, 512, 3, 1, 2].map { gathering.pause(after: $0) }
        // One alone may be chance; of two nobody else is there.
        #expect(pauses == [0.001, nil, nil, 0.001, 0.001, nil, 0.001, 0.001, 0.001, 0.001])
    }
}
