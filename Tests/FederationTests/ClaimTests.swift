import Testing

@testable import Federation

@Suite struct ClaimTests {
    private func hosts(_ names: String...) throws -> [PeerHost] {
        try names.map { try #require(PeerHost($0)) }
    }

    /// A server elsewhere that passes on a share of the site's own.
    @Test func theSiteItselfIsNotHeardAsASigner() throws {
        let ours = try hosts("cloud.test", "old.cloud.test")
        let peer = try #require(PeerHost("peer.test"))
        let claim = Claim(
            peer: peer, signers: try hosts("peer.test", "cloud.test"),
            named: try hosts("old.cloud.test", "cloud.test", "peer.test", "third.test"))
        #expect(
            claim.received(at: ours)
                == Claim(
                    peer: peer, signers: [peer], named: try hosts("peer.test", "third.test")))
    }

    /// Nobody else is left to judge in its place.
    @Test func aClaimToBeTheSiteStaysOne() throws {
        let ours = try hosts("cloud.test")
        let claim = Claim(
            peer: ours[0], signers: try hosts("cloud.test", "peer.test"),
            named: try hosts("cloud.test", "peer.test"))
        #expect(claim.received(at: ours) == claim)
        #expect(Claim(ours[0]).received(at: ours) == Claim(ours[0]))
    }

    @Test func eachOtherHostIsToldOnce() throws {
        let (peer, named) = (try hosts("a.test"), try hosts("b.test", "a.test", "c.test"))
        let claim = Claim(peer: peer[0], signers: try hosts("a.test", "b.test"), named: named)
        #expect(claim.hosts(besides: peer[0]) == (try hosts("b.test", "c.test")))
        #expect(claim.hosts(besides: named[0]) == (try hosts("a.test", "c.test")))
        #expect(claim.hosts(besides: nil) == (try hosts("a.test", "b.test", "c.test")))
        #expect(Claim(peer[0]).hosts(besides: peer[0]).isEmpty)
        #expect(Claim(peer[0]).hosts(besides: named[0]) == peer)
        // The peer alone is no reason to leave out who else signs or is named.
        #expect(
            Claim(peer: peer[0], signers: [named[0]], named: peer).hosts(besides: peer[0])
                == [named[0]])
        #expect(
            Claim(peer: peer[0], signers: peer, named: [named[0]]).hosts(besides: peer[0])
                == [named[0]])
        #expect(
            Claim(peer: peer[0], signers: [named[0]], named: [named[0]])
                .hosts(besides: named[0]) == peer)
    }
}
