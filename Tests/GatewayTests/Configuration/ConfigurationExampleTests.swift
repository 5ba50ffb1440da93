import Federation
import Gateway
import OpenSSL
import Testing
import Transport

@Suite struct ConfigurationExampleTests {
    @Test func theExampleIsRefusedWithExactlyWhatIsNotAvailableYet() throws {
        #expect(
            ConfigurationSample.findings(try ConfigurationSample.example()) == [
                #"config.toml:104:10: metrics.listen is not available yet; listen = "" turns it off"#,
                #"config.toml:107:10: admin.socket is not available yet; socket = "" turns it off"#,
                #"config.toml:108:10: admin.page is not available yet; page = "" turns it off"#,
            ])
    }

    @Test func theExampleWithoutThemLoadsAndEveryValueIsAsWritten() throws {
        let text = try ConfigurationSample.availableExample()
        let configuration = try ConfigurationSample.read(text)

        #expect(configuration.profile == .bridge)
        #expect(configuration.site.origin == "https://cloud.uni.example")
        #expect(configuration.site.aliases == ["https://files.uni.example"])
        #expect(configuration.site.provider == "Example University Cloud")

        let any = IPAddress.v6(0, 0)
        #expect(
            configuration.listeners.map(\.address) == [.tcp(any, port: 443), .tcp(any, port: 80)])
        #expect(configuration.listeners.map(\.tls) == ["cloud.uni.example", nil])
        #expect(configuration.listeners.map(\.purpose) == [.serve, .redirectToHTTPS])
        #expect(configuration.listeners.flatMap(\.trustedProxies).isEmpty)
        #expect(
            configuration.listeners.flatMap(\.proxyProtocol).map(\.description) == ["10.0.0.0/8"])
        #expect(configuration.listeners.allSatisfy { $0.strictTransport == nil })
        #expect(Array(configuration.tls.keys) == ["cloud.uni.example"])
        let tls = try #require(configuration.tls["cloud.uni.example"])
        #expect(tls.certificate == "/etc/ssl/cloud.pem")
        #expect(configuration.backend.announcement == .none)
        #expect(tls.key == "/etc/ssl/cloud.key")
        #expect(tls.minimum == .tls12)
        #expect(tls.clientCA == nil && tls.staple == nil)

        #expect(configuration.backend.kind == .nextcloud)
        #expect(configuration.backend.host == "cloud.uni.example")
        let egress = try #require(configuration.egress)
        #expect(egress.listen == .tcp(.v4(0x7F00_0001), port: 3128))
        #expect(egress.clients == [try CIDR("127.0.0.0/8"), try CIDR("::1")])
        #expect(egress.certificate == "/var/lib/ocmgate/egress-ca.pem")
        #expect(egress.key == "/var/lib/ocmgate/egress-ca.key")
        #expect(egress.other == .refuse)
        #expect(egress.signing == .on)

        #expect(configuration.policy.file == "/etc/ocmgate/policy.toml")
        #expect(configuration.warnings.isEmpty)
        expectDefaults(configuration)
    }

    @Test func requiredKeysAloneLoadWithEveryDefaultOfTheExample() throws {
        let configuration = try ConfigurationSample.read(ConfigurationSample.required)

        #expect(configuration.profile == .bridge)
        #expect(configuration.site.origin == "https://cloud.test")
        #expect(configuration.site.aliases.isEmpty)
        #expect(configuration.site.provider == "cloud.test")
        #expect(configuration.backend.host == "cloud.test")
        #expect(configuration.backend.kind == .nextcloud)
        // A way out that is not written is none.
        #expect(configuration.egress == nil)
        #expect(configuration.policy.file == "/etc/ocmgate/policy.toml")
        #expect(configuration.warnings.isEmpty)
        expectDefaults(configuration)
    }

    @Test func withoutListenersItListensAsTheExampleDoesAndNeverWithoutTLS() throws {
        let configuration = try ConfigurationSample.read(ConfigurationSample.required)
        let any = IPAddress.v6(0, 0)
        #expect(
            configuration.listeners.map(\.address) == [.tcp(any, port: 443), .tcp(any, port: 80)])
        #expect(configuration.listeners.map(\.tls) == ["cloud.test", nil])
        #expect(configuration.listeners.map(\.purpose) == [.serve, .redirectToHTTPS])
        #expect(configuration.tls["cloud.test"]?.certificate == "/etc/ssl/cloud.pem")
        #expect(configuration.tls["cloud.test"]?.key == "/etc/ssl/cloud.key")
        #expect(configuration.tls["cloud.test"]?.minimum == .tls12)
    }

    /// The tables that say the same in the example and in a file without them.
    private func expectDefaults(_ configuration: Configuration) {
        let loopback = IPAddress.v4(0x7F00_0001)
        let backend = configuration.backend
        #expect(
            backend.endpoint == .tcp(.address(loopback), port: 8080), "\(backend.endpoint)")
        #expect(backend.tlsName == nil)
        #expect(backend.pass == .all)
        #expect(backend.connect == .seconds(3))
        #expect(backend.headers == .seconds(30))
        #expect(backend.idle == .seconds(300))
        #expect(backend.pages == .seconds(3600))

        let outbound = configuration.outbound
        #expect(outbound.caFile == nil)
        #expect(outbound.resolve.isEmpty)
        #expect(outbound.allowPrivate.isEmpty)
        #expect(outbound.proxy == nil)
        #expect(outbound.connect == .seconds(3))
        #expect(outbound.headers == .seconds(10))
        #expect(outbound.total == .seconds(15))
        #expect(outbound.maxResponse == 262_144)

        let discovery = configuration.discovery
        #expect(discovery.fromBackend == [.resourceTypes, .inviteAcceptDialog])
        #expect(discovery.criteria == nil)
        #expect(discovery.fresh == .seconds(600))
        #expect(discovery.staleIfError == .seconds(86_400))
        #expect(discovery.negative == .seconds(30))

        let signature = configuration.signature
        #expect(signature.accept == [.rfc9421, .cavage])
        #expect(signature.window == .seconds(300))
        #expect(signature.skew == .seconds(30))
        #expect(signature.keys == "/var/lib/ocmgate/keys")
        #expect(signature.firstSeen == .pin)
        #expect(
            signature.algorithms == [
                .ed25519, .ecdsaP256SHA256, .ecdsaP384SHA384, .rsaPSSSHA512, .rsaPKCS1SHA256,
                .rsaPKCS1SHA512,
            ])
        #expect(signature.minRSA == 2048)

        let token = configuration.token
        #expect(token.path == "/ocm/token")
        #expect(token.lifetime == .seconds(300))
        #expect(token.bind == .peer)
        #expect(token.acceptSecret == .legacy)
        #expect(token.verifyUnknown == .backend)

        #expect(configuration.policy.reload == .watch)
        #expect(configuration.state.file == "/var/lib/ocmgate/state.db")
        #expect(configuration.state.sealKey == .file("/etc/ocmgate/seal.key"))

        let limits = configuration.limits
        #expect(limits.messageBody == 262_144)
        #expect(limits.headers == 16_384)
        #expect(limits.headerCount == 100)
        #expect(limits.connections == 4096)
        #expect(limits.perClient == 64)
        #expect(limits.requestHead == .seconds(10))
        #expect(limits.keepAlive == .seconds(60))
        #expect(limits.requestsPerConnection == 1000)

        #expect(configuration.log.level == .info)
        #expect(configuration.log.format == .json)
    }
}
