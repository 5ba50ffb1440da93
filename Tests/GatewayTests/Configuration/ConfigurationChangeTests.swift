import OpenSSL
import Testing

@testable import Gateway

@Suite("What of another configuration takes effect while a gateway runs")
struct ConfigurationChangeTests {
    private func change(_ before: String, _ after: String) throws -> ConfigurationChange {
        ConfigurationChange(
            from: try ConfigurationSample.read(ConfigurationSample.required + before),
            to: try ConfigurationSample.read(ConfigurationSample.required + after))
    }

    @Test func certificatesAndTheTermsOfListenersDo() throws {
        let before = """
            [[listen]]
            address = "127.0.0.1:8443"
            tls = "cloud.test"
            [tls."cloud.test"]
            cert = "a.pem"

            """
        let change = try change(
            before,
            """
            [[listen]]
            address = "127.0.0.1:8443"
            tls = "new.test"
            hsts = "1d"
            trusted_proxies = ["192.0.2.1"]
            [tls."new.test"]
            cert = "b.pem"
            client_ca = "ca.pem"
            [limits]
            keep_alive = "9s"

            """)
        #expect(change.waiting == [])
        #expect(
            change.taken.filter { !$0.hasPrefix("tls.") } == [
                "limits.keep_alive", "listen[0].hsts", "listen[0].tls", "listen[0].trusted_proxies",
            ])
        #expect(change.merged.clientAuthorities == ["/etc/ocmgate/ca.pem"])
        #expect(change.merged.limits.keepAlive == .seconds(9))
        #expect(try self.change(before, before).taken == [])
    }

    @Test func soDoesTheCandidate() throws {
        for (before, after) in [("", "next.toml"), ("next.toml", "other.toml"), ("other.toml", "")]
        {
            let change = try change("candidate = \"\(before)\"\n", "candidate = \"\(after)\"\n")
            #expect(change.taken == ["policy.candidate"] && change.waiting == [])
            #expect(
                change.merged.policy.candidate
                    == (after.isEmpty ? nil : "/etc/ocmgate/\(after)"))
        }
    }

    @Test func whatIsSetUpAtTheStartWaits() throws {
        let change = try change(
            "[limits]\nconnections = 9\n", "[limits]\nconnections = 8\nheaders = \"8KiB\"\n")
        #expect(change.taken == ["limits.headers"])
        #expect(change.waiting == ["limits.connections"])
        #expect(change.merged.limits.connections == 9)
    }

    /// The listeners that stay are served by the certificates that they name.
    @Test func aTableOfAnotherNameDoesNotTakeItsCertificateFromAListenerThatStays() throws {
        let one = "[[listen]]\naddress = \"127.0.0.1:8443\"\ntls = \"NAME\"\n"
        let table = "[tls.\"NAME\"]\ncert = \"a.pem\"\nkey = \"a.key\"\n"
        let other = "[[listen]]\naddress = \"127.0.0.1:8081\"\n"
        let change = try change(
            (one + table).replacing("NAME", with: "old.test"),
            (one + other + table).replacing("NAME", with: "new.test"))
        #expect(change.merged.listeners.map(\.tls) == ["old.test"])
        #expect(Set(change.merged.tls.keys) == ["old.test", "new.test"])
        #expect(change.waiting.contains("listen[0].tls"))
        #expect(change.waiting.contains("tls.\"old.test\".cert"))
    }

    /// Until the next start it has its name, and what shows that it has.
    @Test func aSiteOfAnotherNameKeepsItsCertificatesUntilItIsCalledSo() throws {
        let text =
            ConfigurationSample.required + """
                [[listen]]
                address = "127.0.0.1:8443"
                tls = "first"
                [tls.first]
                cert = "a.pem"
                key = "a.key"
                [tls."cloud.test"]
                cert = "b.pem"
                key = "b.key"

                """
        let change = ConfigurationChange(
            from: try ConfigurationSample.read(text),
            to: try ConfigurationSample.read(
                text.replacing("cloud.test", with: "new.test").replacing("first", with: "second")))
        #expect(change.merged.listeners.map(\.tls) == ["first"])
        #expect(
            Set(change.merged.tls.keys) == ["first", "cloud.test", "second", "new.test"])
        #expect(change.waiting.contains("site.origin") && change.waiting.contains("listen[0].tls"))
    }

    /// The terms of one listener are not another's: with other addresses all of them wait.
    @Test func otherListenersWait() throws {
        let change = try change(
            "[[listen]]\naddress = \"127.0.0.1:80\"\n",
            "[[listen]]\naddress = \"127.0.0.1:81\"\ntrusted_proxies = [\"192.0.2.1\"]\n")
        #expect(change.taken == [])
        #expect(change.waiting == ["listen[0].address", "listen[0].trusted_proxies"])
        #expect(change.merged.listeners.flatMap(\.trustedProxies).isEmpty)
    }
}
