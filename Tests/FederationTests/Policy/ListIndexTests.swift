import Testing

@testable import Federation

@Suite struct ListIndexTests {
    /// Whatever the hash is drawn from, also where the upper half of that is nearly nothing.
    @Test(
        arguments: [
            0x8000_0000_5bd1_e995, 0x0001_0000_5bd1_e995, 0x0000_0000_5bd1_e995,
            0x9e37_79b9_7f4a_7c15,
        ] as [UInt64])
    func searchesAreShort(_ seed: UInt64) throws {
        let entries = (0..<2000).map { "\"host\($0).example\"" }.joined(separator: ", ")
        let policy = try PolicySamples.policy(
            "[list.a]\nstanding = \"allow\"\nentries = [\(entries)]\n",
            head: "unknown = \"deny\"")
        let index = ListIndex(policy.lists, seed: seed)
        #expect((1...64).contains(index.longestSearch), "\(index.longestSearch)")
        let peer = try #require(PeerHost("host1234.example"))
        var found: [Int] = []
        index.forEachMatch(peer, now: 0) { found.append($1) }
        #expect(found == [1234])
    }
}
