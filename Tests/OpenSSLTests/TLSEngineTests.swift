import OpenSSL
import Testing

@Suite struct TLSEngineTests {
    @Test(arguments: TLSVersion.allCases)
    func dataFlowsBothWays(version: TLSVersion) throws {
        let world = try TLSWorld(version: version)
        var pair = try world.pair()
        pair.run()
        #expect(pair.client.engine.state == .open)
        #expect(pair.server.engine.state == .open)
        let negotiated = try #require(pair.server.engine.negotiation)
        #expect(negotiated.version == version)
        #expect(negotiated.alpn == "http/1.1")
        #expect(negotiated.serverName == "gateway.example")
        #expect(!negotiated.resumed)
        #expect(pair.client.engine.peerChain.first == world.identity.chain.first)
        #expect(pair.server.engine.peerChain.isEmpty)
        let request = Random.bytes(100_000)
        let answer = Random.bytes(70_001)
        pair.client.send(request)
        pair.server.send(answer)
        pair.run()
        #expect(pair.server.received == request)
        #expect(pair.client.received == answer)
        pair.client.close()
        pair.run()
        #expect(pair.server.engine.state == .closedByPeer)
        #expect(pair.server.engine.endOfInput() == .closedByPeer)
        #expect(pair.client.engine.state == .open)
    }
}
