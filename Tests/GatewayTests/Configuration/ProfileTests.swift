import Federation
import Gateway
import Testing

@Suite struct ProfileTests {
    @Test func aProfileSetsTheDefaults() throws {
        let strict = try read("strict")
        #expect(strict.signature.accept == [.rfc9421])
        #expect(strict.token.acceptSecret == .none)
        let bridge = try read("bridge")
        #expect(bridge.signature.accept == [.rfc9421, .cavage])
        #expect(bridge.token.acceptSecret == .legacy)
        let observe = try read("observe")
        #expect(observe.signature.accept == [.rfc9421, .cavage])
        #expect(observe.token.acceptSecret == .all)
        for configuration in [strict, bridge, observe] {
            #expect(configuration.warnings.isEmpty)
        }
    }

    @Test func whatIsWrittenWinsOverTheProfile() throws {
        let strict = try read("strict", "[token]\naccept_secret = \"legacy\"\n")
        #expect(strict.token.acceptSecret == .legacy)
        let observe = try read("observe", "[token]\naccept_secret = \"none\"\n")
        #expect(observe.token.acceptSecret == .none)
    }

    @Test func keysThatWeakenTheProfileAreNamedWithTheirPlaces() throws {
        let weak = """
            [outbound]
            allow_private = ["10.0.0.0/8"]
            [signature]
            accept = ["rfc9421", "cavage"]
            first_seen = "accept"
            [token]
            bind = "none"
            accept_secret = "all"

            """
        let shared = [
            "config.toml:9:1: outbound.allow_private lets peers lead the gateway to addresses inside",
            "config.toml:12:1: signature.first_seen = \"accept\" takes a peer's new key without a person",
            "config.toml:14:1: token.bind = \"none\" lets any peer exchange any code",
        ]
        #expect(
            try read("strict", weak).warnings.map(\.description) == [
                shared[0],
                "config.toml:11:1: signature.accept takes draft-cavage, strict does not", shared[1],
                shared[2],
                "config.toml:15:1: token.accept_secret takes permanent secrets, strict refuses them",
            ])
        #expect(
            try read("bridge", weak).warnings.map(\.description) == [
                shared[0], shared[1], shared[2],
                "config.toml:15:1: token.accept_secret = \"all\" takes permanent secrets of peers that have tokens",
            ])
        #expect(try read("observe", weak).warnings.map(\.description) == [shared[0]])
    }

    @Test func whatTakesEverybodysWordIsNamed() throws {
        let open = """
            [signature]
            accept = []
            algorithms = []
            [[listen]]
            address = "127.0.0.1:80"
            trusted_proxies = ["0.0.0.0/0"]
            proxy_protocol = ["10.0.0.0/8", "::/0"]
            """
        let said = try read("bridge", open).warnings.map(\.description)
        #expect(
            said == [
                "config.toml:9:1: signature.accept = [] refuses every message that is signed",
                "config.toml:10:1: signature.algorithms = [] refuses every message that is signed",
                "config.toml:13:1: listen.trusted_proxies takes everybody's word for the address that they come from",
                "config.toml:14:1: listen.proxy_protocol takes everybody's word for the address that they come from",
            ])
    }

    /// A `tls` that was forgotten serves everybody all the same.
    @Test(
        arguments: [
            (#"address = "[::]:8443""#, ["served without TLS", "no [[listen]] has tls"]),
            ("", ["served without TLS", "no [[listen]] has tls"]),
            (
                #"address = "127.0.0.1:80""#,
                ["all of them are one", "no [[listen]] has tls"]
            ),
            (
                "address = \"127.0.0.1:80\"\ntrusted_proxies = [\"127.0.0.1\"]",
                ["no [[listen]] has tls"]
            ),
            (
                "address = \"[::]:80\"\nproxy_protocol = [\"10.0.0.0/8\"]",
                ["no [[listen]] has tls"]
            ),
            (#"address = "unix:/run/o.sock""#, ["no [[listen]] has tls"]),
            (
                "tls = \"cloud.test\"\n[[listen]]\naddress = \"[::]:80\"\nredirect = \"https\"",
                []
            ),
            (
                "tls = \"cloud.test\"\n[[listen]]\naddress = \"[::]:80\"",
                ["served without TLS"]
            ),
        ])
    func aListenerWithoutTLSIsNamed(_ listener: String, _ told: [String]) throws {
        let text = "[[listen]]\n\(listener)\n[tls.\"cloud.test\"]\ncert = \"a.pem\"\n"
        let said = try read("bridge", text).warnings.map(\.description)
        #expect(said.count == told.count, "\(said)")
        #expect(zip(said, told).allSatisfy { $0.contains($1) }, "\(said)")
    }

    @Test func whoDoesNotTakeTheNewSignaturesIsToldSo() throws {
        let old = "[signature]\naccept = [\"cavage\"]\n"
        #expect(
            try read("bridge", old).warnings.map(\.description) == [
                "config.toml:9:1: signature.accept refuses every message that is signed by RFC 9421"
            ])
        #expect(try read("bridge", old.replacing("cavage", with: "rfc9421")).warnings.isEmpty)
    }

    @Test func keysThatMakeItStrongerAreNotNamed() throws {
        let strong = "[token]\naccept_secret = \"none\"\nverify_unknown = \"refuse\"\n"
        #expect(try read("bridge", strong).warnings.isEmpty)
    }

    private func read(_ profile: String, _ added: String = "") throws -> Configuration {
        try ConfigurationSample.read(
            "profile = \"\(profile)\"\n" + ConfigurationSample.required + added,
            file: "config.toml")
    }
}
