import Testing

@testable import OpenSSL

@Suite struct RandomTests {
    @Test func publicBytesAreGivenOutOnce() {
        let given = (0..<500).map { _ in Random.publicBytes(12) }
        #expect(given.allSatisfy { $0.count == 12 })
        #expect(Set(given).count == given.count)
        #expect(Random.publicBytes(0).isEmpty)
        #expect(Random.publicBytes(3000).count == 3000)
    }
}
