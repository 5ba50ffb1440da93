import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

@Suite("Whose word a client certificate is") struct ShownCertificateTests {
    /// 2020 to 2033, and the authority's end.
    private static let validity = 1_600_000_000...2_000_000_000
    private static let now = 1_700_000_000

    private static func connection(_ names: [String]?) throws -> ClientConnection {
        let certificate = try names.map {
            let authority = try CertificateAuthority.make(
                name: "clients", key: .generate(.p256), validity: validity)
            return try authority.issue(
                names: $0, for: PrivateKey.generate(.p256).publicKey, validity: validity,
                usage: .client)
        }
        return ClientConnection(
            address: IPAddress("192.0.2.7"), port: 1, listener: 0,
            tls: TLSInfo(serverName: "cloud.test", certificate: certificate),
            loop: TestWorld.loops.loops[0])
    }

    @Test(arguments: [
        ("cloud.one.test", true), ("cloud.one.test:8443", true), ("a.two.test", true),
        ("one.test", false), ("a.b.two.test", false), ("two.test", false),
        ("192.0.2.9", true), ("192.0.2.10", false), ("[2001:db8::9]", true),
    ]) func itSpeaksForTheHostsThatItNames(host: String, isMeant: Bool) throws {
        let connection = try Self.connection([
            "cloud.one.test", "*.two.test", "192.0.2.9", "2001:db8::9",
        ])
        let fact = connection.shows(certificateOf: PeerHost(host), now: Self.now)
        #expect(fact == (isMeant ? .verified : .none))
        #expect(connection.shows(certificateOf: nil, now: Self.now) == .none)
    }

    /// A session that began before its end may be resumed after it.
    @Test func itSpeaksForNobodyPastItsEnd() throws {
        let connection = try Self.connection(["cloud.one.test"])
        let peer = PeerHost("cloud.one.test")
        #expect(connection.shows(certificateOf: peer, now: Self.validity.upperBound) == .verified)
        #expect(connection.shows(certificateOf: peer, now: Self.validity.upperBound + 1) == .none)
        #expect(connection.shows(certificateOf: peer, now: Self.validity.lowerBound - 1) == .none)
    }

    @Test func withoutOneNothingIsShown() throws {
        let connection = try Self.connection(nil)
        let peer = PeerHost("cloud.one.test")
        #expect(connection.shows(certificateOf: peer, now: Self.now) == .none)
        #expect(connection.shownCertificate == nil)
    }

    /// The hop in front shook hands with us; its client did not.
    @Test func behindATrustedProxyItIsNotTheClients() throws {
        let connection = try Self.connection(["cloud.one.test"])
        let client = try #require(IPAddress("192.0.2.77"))
        let behind = connection.vouching(for: client)
        #expect(behind.shows(certificateOf: PeerHost("cloud.one.test"), now: Self.now) == .none)
    }

    @Test func theLogTellsTheFirstOfItsNames() throws {
        let names = (1...20).map { "host\($0).test" }
        let shown = try #require(try Self.connection(names).shownCertificate)
        #expect(shown.names == Array(names.prefix(8)))
        #expect(shown.fingerprint.utf8.count == 64)
    }
}
