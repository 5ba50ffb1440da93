import Testing

@testable import OpenSSL

@Suite struct RandomTests {
    @Test(arguments: [12, 64, 65]) func bytesAreGivenOutOnce(_ count: Int) {
        let given = (0..<500).map { _ in Random.bytes(count) }
        #expect(given.allSatisfy { $0.count == count })
        #expect(Set(given).count == given.count)
    }

    @Test func asManyBytesComeAsAreWanted() {
        #expect(Random.bytes(0).isEmpty)
        #expect(Random.bytes(3000).count == 3000)
    }

    /// What was given out is overwritten where it was drawn: eight zeros in a row would be of that.
    @Test func noneIsGivenOutThatWasOverwritten() {
        let given = (0..<2000).flatMap { _ in Random.bytes(32) }
        let runs = given.indices.dropLast(7).filter { given[$0..<($0 + 8)].allSatisfy { $0 == 0 } }
        #expect(runs.isEmpty)
    }
}
