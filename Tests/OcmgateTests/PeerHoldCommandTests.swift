import Federation
import Testing

@testable import Gateway
@testable import ocmgate

/// How those who wait are told of.
@Suite struct PeerHoldCommandTests {
    private func lines(_ occasion: Occasion) throws -> [String] {
        let peer = try #require(PeerHost("one.test"))
        var record = DecisionRecord(
            id: "d", kind: "shares", direction: occasion.direction, action: .hold, by: "rule:ask",
            status: 503, client: "192.0.2.7")
        record.peer = peer.description
        let message = HeldMessage(.ordinary(occasion, peer: peer), record, of: peer, at: 0)
        return HeldPeer(peer: peer, first: 0, last: 0, count: 1, messages: [message]).lines
    }

    @Test func ofWhatGoesOutThePeerHasSignedNothing() throws {
        let inbound = try lines(Occasion(.share, .inbound))
        #expect(inbound.last?.contains("share.in d by rule:ask, signed (rfc9421)") == true)
        let outbound = try lines(Occasion(.share, .outbound))
        #expect(outbound.last?.contains("share.out d by rule:ask, sent by our own server") == true)
        #expect(!outbound.joined().contains("signed"), "\(outbound)")
    }
}
