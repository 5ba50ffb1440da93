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

    /// Each by itself, and so with nothing behind it.
    @Test func newKeysWithoutEndAreAFloodHoweverTheyCome() throws {
        for piece in [Int.max, 7] {
            let world = try TLSWorld()
            var pair = try world.pair()
            pair.piece = piece
            pair.run()
            for _ in 0..<40 where pair.server.engine.state == .open {
                pair.client.outgoing += appending(512) {
                    pair.client.engine.updateKeys(reply: &$0)
                }
                pair.run()
            }
            #expect(kind(of: pair.server.engine.state) == .flood)
        }
    }

    @Test func newKeysBetweenDataAreNoFlood() throws {
        let world = try TLSWorld()
        var pair = try world.pair()
        pair.piece = 1
        pair.run()
        for _ in 0..<40 {
            pair.client.outgoing += appending(512) { pair.client.engine.updateKeys(reply: &$0) }
            pair.client.send(Array(repeating: 1, count: 100))
            pair.run()
        }
        #expect(pair.server.engine.state == .open)
        #expect(pair.server.received.count == 4000)
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

    @Test func aClientThatShowsABadCertificateIsRefused() throws {
        let world = try TLSWorld()
        let trusting = try TLSContext.server(
            identities: [world.identity], clientTrust: .only([world.authority.certificate]))
        let known = try TLSWorld.identity(["peer.example"], by: world.authority, usage: .client)
        let stranger = try TLSWorld.identity(
            ["peer.example"], by: TLSWorld().authority, usage: .client)
        let wrongUse = try TLSWorld.identity(["peer.example"], by: world.authority)
        let past = try TLSWorld.identity(
            ["peer.example"], by: world.authority, validity: 1_000_000_000...1_100_000_000,
            usage: .client)
        for (identity, isLetIn) in [
            (known, true), (stranger, false), (wrongUse, false), (past, false), (nil, true),
        ] {
            let client = try TLSContext.client(
                trust: .only([world.authority.certificate]), identity: identity)
            var pair = TLSPair(
                client: try TLSEngine(client: client, serverName: "gateway.example"),
                server: try TLSEngine(server: trusting))
            pair.run()
            if isLetIn {
                #expect(pair.server.engine.state == .open)
                #expect(pair.server.engine.peerChain.first == identity?.chain.first)
                #expect(
                    pair.server.engine.negotiation?.peerCertificate == identity?.chain.first)
            } else {
                #expect(kind(of: pair.server.engine.state) == .certificate)
            }
        }
    }

    @Test(arguments: TLSVersion.allCases)
    func aResumedSessionRemembersTheClientsCertificate(version: TLSVersion) throws {
        let world = try TLSWorld()
        let server = try TLSContext.server(
            identities: [world.identity], minimum: version, maximum: version,
            clientTrust: .only([world.authority.certificate]))
        let known = try TLSWorld.identity(["peer.example"], by: world.authority, usage: .client)
        let client = try TLSContext.client(
            trust: .only([world.authority.certificate]), identity: known)
        var session: TLSSession?
        for isResumed in [false, true] {
            var pair = TLSPair(
                client: try TLSEngine(
                    client: client, serverName: "gateway.example", resuming: session),
                server: try TLSEngine(server: server))
            pair.run()
            pair.server.send([1])
            pair.run()
            let negotiation = try #require(pair.server.engine.negotiation)
            #expect(negotiation.resumed == isResumed)
            #expect(negotiation.peerCertificate == known.chain.first)
            pair.client.close()
            pair.server.close()
            pair.run()
            session = pair.client.engine.session
        }
    }

    /// More names than a handshake has room for cost us a few milliseconds, and the client its connection.
    @Test func aClientCertificateOfTenThousandNamesIsRefused() throws {
        let world = try TLSWorld()
        let server = try TLSContext.server(
            identities: [world.identity], clientTrust: .only([world.authority.certificate]))
        let many = try TLSWorld.identity(
            (0..<10_000).map { "host\($0).peer.example" }, by: world.authority, usage: .client)
        let client = try TLSContext.client(
            trust: .only([world.authority.certificate]), identity: many)
        var pair = TLSPair(
            client: try TLSEngine(client: client, serverName: "gateway.example"),
            server: try TLSEngine(server: server))
        pair.run()
        #expect(pair.server.engine.state != .open)
        #expect(kind(of: pair.server.engine.state) != nil)
    }

    private func kind(of state: TLSEngine.State) -> TLSFailure.Kind? {
        guard case .failed(let failure) = state else { return nil }
        return failure.kind
    }
}
