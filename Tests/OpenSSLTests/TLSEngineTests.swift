import Testing

@testable import OpenSSL

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

    @Test(arguments: [1, 7, 1000])
    func howTheBytesWereCutDoesNotMatter(piece: Int) throws {
        let world = try TLSWorld()
        var pair = try world.pair()
        pair.piece = piece
        pair.run()
        let request = Random.bytes(5000)
        pair.client.send(request)
        pair.run()
        #expect(pair.server.received == request)
    }

    @Test func bytesThatEndWithoutGoodbyeMayHaveBeenCut() throws {
        let world = try TLSWorld()
        var pair = try world.pair()
        pair.run()
        pair.client.send(Random.bytes(10))
        pair.run()
        let state = pair.server.engine.endOfInput()
        #expect(kind(of: state) == .truncated)
    }

    @Test func plainHTTPIsKnownForWhatItIs() throws {
        let world = try TLSWorld()
        var pair = try world.pair()
        pair.server.take(Array("GET / HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
        #expect(kind(of: pair.server.engine.state) == .plainHTTP)
    }

    @Test func newKeysWithoutEndAreAFlood() throws {
        let world = try TLSWorld()
        var pair = try world.pair()
        pair.run()
        for _ in 0..<40 {
            pair.client.outgoing += appending(512) { pair.client.engine.updateKeys(reply: &$0) }
        }
        pair.server.take(pair.client.outgoing)
        #expect(kind(of: pair.server.engine.state) == .flood)
    }

    @Test func aHelloOfMoreThan16KiBIsAFlood() throws {
        let names = (0..<300).map { "protocol-\($0)-" + String(repeating: "x", count: 80) }
        let world = try TLSWorld(clientALPN: names + ["http/1.1"])
        var pair = try world.pair()
        pair.run()
        #expect(kind(of: pair.server.engine.state) == .flood)
    }

    @Test func whoSpeaksNoneOfOurProtocolsIsTold() throws {
        let world = try TLSWorld(clientALPN: ["h2"])
        var pair = try world.pair()
        pair.run()
        #expect(kind(of: pair.server.engine.state) == .noApplicationProtocol)
        #expect(kind(of: pair.client.engine.state) == .alert(120))
    }

    @Test func whoOffersNoProtocolIsServed() throws {
        let world = try TLSWorld(clientALPN: [])
        var pair = try world.pair()
        pair.run()
        #expect(pair.server.engine.state == .open)
        #expect(pair.server.engine.negotiation?.alpn == nil)
    }

    @Test func aCertificateForAnotherNameIsRefused() throws {
        let world = try TLSWorld()
        for name in ["other.example", "a.gateway.example", "gateway.example.evil", "192.0.2.1"] {
            var pair = try world.pair(name: name)
            pair.run()
            #expect(kind(of: pair.client.engine.state) == .certificate)
            #expect(pair.server.engine.state != .open)
        }
    }

    @Test func aCertificateThatIsNotCurrentOrNotForServersIsRefused() throws {
        let world = try TLSWorld()
        let names = ["gateway.example"]
        let past = try TLSWorld.identity(
            names, by: world.authority, validity: 1_000_000_000...1_100_000_000)
        let coming = try TLSWorld.identity(
            names, by: world.authority, validity: 3_900_000_000...4_000_000_000)
        let clients = try TLSWorld.identity(names, by: world.authority, usage: .client)
        let strangers = try TLSWorld.identity(names, by: TLSWorld().authority)
        for identity in [past, coming, clients, strangers] {
            let server = try TLSContext.server(identities: [identity])
            var pair = TLSPair(
                client: try TLSEngine(client: world.client, serverName: "gateway.example"),
                server: try TLSEngine(server: server))
            pair.run()
            #expect(kind(of: pair.client.engine.state) == .certificate)
        }
    }

    @Test func withoutAVersionInCommonThereIsNoConnection() throws {
        let world = try TLSWorld()
        let old = try TLSContext.client(
            trust: .only([world.authority.certificate]), maximum: .tls12)
        var pair = TLSPair(
            client: try TLSEngine(client: old, serverName: "gateway.example"),
            server: try TLSEngine(server: world.server))
        pair.run()
        #expect(kind(of: pair.server.engine.state) == .nothingInCommon)
    }

    @Test func aClientThatMustProveItselfIsRefusedWithoutProof() throws {
        let world = try TLSWorld()
        let trusting = try TLSContext.server(
            identities: [world.identity], clientTrust: .only([world.authority.certificate]))
        let known = try TLSWorld.identity(["peer.example"], by: world.authority, usage: .client)
        let stranger = try TLSWorld.identity(
            ["peer.example"], by: TLSWorld().authority, usage: .client)
        let wrongUse = try TLSWorld.identity(["peer.example"], by: world.authority)
        for (identity, isLetIn) in [
            (known, true), (stranger, false), (wrongUse, false), (nil, false),
        ] {
            let client = try TLSContext.client(
                trust: .only([world.authority.certificate]), identity: identity)
            var pair = TLSPair(
                client: try TLSEngine(client: client, serverName: "gateway.example"),
                server: try TLSEngine(server: trusting))
            pair.run()
            if isLetIn {
                #expect(pair.server.engine.state == .open)
                #expect(pair.server.engine.peerChain.first == known.chain.first)
            } else {
                #expect(kind(of: pair.server.engine.state) == .certificate)
            }
        }
    }

    private func kind(of state: TLSEngine.State) -> TLSFailure.Kind? {
        guard case .failed(let failure) = state else { return nil }
        return failure.kind
    }
}
