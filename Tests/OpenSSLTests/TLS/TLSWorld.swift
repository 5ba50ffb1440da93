import OpenSSL
import Testing

/// An authority, an identity of `gateway.example` and the contexts of both sides.
struct TLSWorld {
    /// 2020-09-13 to 2096-10-02.
    static let validity = 1_600_000_000...4_000_000_000

    let authority: CertificateAuthority
    let identity: TLSIdentity
    let server: TLSContext
    let client: TLSContext

    init(
        version: TLSVersion = .tls13, kind: KeyKind = .p256, serverALPN: [String] = ["http/1.1"],
        clientALPN: [String] = ["h2", "http/1.1"], names: [String] = ["gateway.example"]
    ) throws {
        authority = try CertificateAuthority.make(
            name: "test authority", key: .generate(.p256), validity: Self.validity)
        identity = try Self.identity(names, by: authority, kind: kind)
        server = try TLSContext.server(
            identities: [identity], minimum: version, maximum: version, alpn: serverALPN)
        client = try TLSContext.client(trust: .only([authority.certificate]), alpn: clientALPN)
    }

    static func identity(
        _ names: [String], by authority: CertificateAuthority, kind: KeyKind = .p256,
        validity: ClosedRange<Int> = Self.validity, usage: CertificateAuthority.Usage = .server
    ) throws -> TLSIdentity {
        let key = try PrivateKey.generate(kind)
        let leaf = try authority.issue(
            names: names, for: key.publicKey, validity: validity, usage: usage)
        return try TLSIdentity(chain: [leaf], key: key)
    }

    func pair(
        name: String = "gateway.example", resuming session: TLSSession? = nil
    ) throws -> TLSPair {
        TLSPair(
            client: try TLSEngine(client: client, serverName: name, resuming: session),
            server: try TLSEngine(server: server))
    }

    /// What a client has for the next time, of a connection that has ended.
    func session() throws -> TLSSession {
        var pair = try pair()
        pair.run()
        pair.server.send([1])
        // A connection that ends without a goodbye takes its session with it.
        pair.client.close()
        pair.server.close()
        pair.run()
        return try #require(pair.client.engine.session)
    }
}
