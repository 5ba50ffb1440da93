import Testing

@testable import OpenSSL

@Suite struct TLSContextTests {
    /// The names of the certificate that a client which asks for `name` is shown.
    private func shown(
        _ server: TLSContext, _ authority: CertificateAuthority, asking name: String
    ) throws -> [String] {
        let client = try TLSContext.client(trust: .only([authority.certificate]))
        var pair = TLSPair(
            client: try TLSEngine(client: client, serverName: name),
            server: try TLSEngine(server: server))
        pair.run()
        return pair.client.engine.peerChain.first?.dnsNames ?? []
    }

    @Test func theNameOfTheHelloPicksTheCertificate() throws {
        let world = try TLSWorld()
        let first = try TLSWorld.identity(["cloud.example"], by: world.authority)
        let second = try TLSWorld.identity(["old.example", "*.pages.example"], by: world.authority)
        let server = try TLSContext.server(identities: [first, second])
        for name in ["cloud.example", "old.example", "a.pages.example"] {
            let names = try shown(server, world.authority, asking: name)
            #expect(names.contains(name) || names.contains("*.pages.example"))
        }
        let table = try TLSIdentityTable([first, second])
        for (name, expected) in [
            ("cloud.example", first), ("CLOUD.example.", first), ("a.pages.example", second),
            ("a.b.pages.example", first), ("stranger.example", first), (nil, first),
        ] { #expect(table.identities(for: name).map(\.leaf) == [expected.leaf]) }
    }

    /// A new certificate does not cost every client a full handshake; other authorities for clients do.
    @Test(arguments: TLSVersion.allCases)
    func aSessionIsResumedByTheContextThatSucceeds(version: TLSVersion) throws {
        let world = try TLSWorld(version: version)
        let renewed = try TLSWorld.identity(["gateway.example"], by: world.authority)
        func successor(_ trust: TLSTrust?) throws -> TLSContext {
            try TLSContext.server(
                identities: [renewed], minimum: version, maximum: version, alpn: ["http/1.1"],
                clientTrust: trust, succeeding: world.server)
        }
        let others = TLSTrust.only([world.authority.certificate])
        for (next, isResumed) in [(try successor(nil), true), (try successor(others), false)] {
            var again = TLSPair(
                client: try TLSEngine(
                    client: world.client, serverName: "gateway.example", resuming: world.session()),
                server: try TLSEngine(server: next))
            again.run()
            #expect(again.server.engine.state == .open)
            #expect(again.server.engine.negotiation?.resumed == isResumed)
        }
        #expect(try shown(successor(nil), world.authority, asking: "gateway.example") != [])
    }

    @Test(arguments: TLSVersion.allCases)
    func aSessionIsResumedByItsOwnContextOnly(version: TLSVersion) throws {
        let world = try TLSWorld(version: version)
        var again = try world.pair(resuming: world.session())
        again.run()
        #expect(again.server.engine.negotiation?.resumed == true)

        // Another listener, with other demands perhaps, has other ticket keys.
        let other = try TLSContext.server(
            identities: [world.identity], minimum: version, maximum: version, alpn: ["http/1.1"])
        var elsewhere = TLSPair(
            client: try TLSEngine(
                client: world.client, serverName: "gateway.example", resuming: world.session()),
            server: try TLSEngine(server: other))
        elsewhere.run()
        #expect(elsewhere.server.engine.state == .open)
        #expect(elsewhere.server.engine.negotiation?.resumed == false)
    }

    @Test func protocolNamesOfNoOrTooManyBytesAreRefused() throws {
        let world = try TLSWorld()
        for name in ["", String(repeating: "x", count: 256)] {
            #expect(throws: CryptoError.self) {
                try TLSContext.server(identities: [world.identity], alpn: [name])
            }
        }
        #expect(throws: CryptoError.self) { try TLSContext.server(identities: []) }
        #expect(throws: CryptoError.self) { try TLSContext.client(trust: .only([])) }
    }
}
