import Federation
import Gateway
import Testing

/// Values that read well and would mean nothing, or something else than they say.
@Suite struct ConfigurationValuesTests {
    /// A key more of `[site]`, which stands in line 3.
    @Test(arguments: [
        (#""https://cloud.test""#, ["3:12: \"cloud.test\""]),
        (#""https://CLOUD.test:443/""#, ["3:12: \"cloud.test\""]),
        (#""https://old.test", "https://cloud.test.""#, ["3:32: \"cloud.test\""]),
        (#""https://old.test", "https://Old.Test:443""#, ["3:32: \"old.test\""]),
        (#""https://old.test:8443", "https://old.test", "https://cloud.test:8443""#, []),
    ])
    func aNameOfTheSiteStandsOnce(_ aliases: String, _ repeated: [String]) {
        let text = ConfigurationSample.required.replacing(
            "[backend]", with: "aliases = [\(aliases)]\n[backend]")
        #expect(
            ConfigurationSample.findings(text)
                == repeated.map {
                    "config.toml:\($0) is a name of the site already; take it out"
                })
    }

    @Test func theHostOfTheBackendIsWrittenAsItIsSent() {
        let text = ConfigurationSample.required
        let named = { (host: String) in
            text.replacing("[policy]", with: "host = \"\(host)\"\n[policy]")
        }
        #expect(
            ConfigurationSample.findings(named("wolke.bücher.example:8080")) == [
                #"config.toml:5:8: "wolke.bücher.example:8080" is not a host like cloud.uni.example; "#
                    + "write wolke.xn--bcher-kva.example:8080"
            ])
        #expect(ConfigurationSample.findings(named("wolke.xn--bcher-kva.example:8080")) == [])
    }

    @Test(arguments: [
        ("192.0.2.7", "name a host: addresses are not let out"),
        ("[2001:db8::1]:8443", "name a host: addresses are not let out"),
        ("tunnel", #"did you mean other = "tunnel"?"#),
        ("Refuse", #"did you mean other = "refuse"?"#),
    ])
    func noHostOfTheWayOutIsOneThatNothingMatches(_ host: String, _ remedy: String) {
        #expect(
            ConfigurationSample.findings(
                ConfigurationSample.required
                    + "[egress]\nother = [\"tunnel.test\", \"\(host)\"]\n")
                == [
                    "config.toml:8:25: \"\(host)\" is not a host like cloud.uni.example; \(remedy)"
                ])
    }

    @Test(arguments: [
        ("::ffff:127.0.0.0/104", "127.0.0.0/8"), ("::ffff:a00:1", "10.0.0.1/32"),
        ("::ffff:0:0/96", "0.0.0.0/0"),
    ])
    func aNetworkOfIPv4IsWrittenAsOne(_ mapped: String, _ plain: String) {
        let table = { (network: String) in
            ConfigurationSample.required + "[egress]\nclients = [\"\(network)\"]\n"
        }
        #expect(
            ConfigurationSample.findings(table(mapped)) == [
                "config.toml:8:12: \"\(mapped)\" is not a network like 10.0.0.0/8; write \(plain)"
            ])
        for taken in [plain, "::/0", "::fffe:0:0/96"] {
            #expect(ConfigurationSample.findings(table(taken)) == [])
        }
    }

    /// Keys of which only whole seconds would count.
    @Test(arguments: [
        ("[discovery]\ncache = { fresh = \"1500ms\" }", "8:19: 1500ms"),
        ("[discovery]\ncache = { stale_if_error = \"500ms\" }", "8:28: 500ms"),
        ("[discovery]\ncache = { negative = \"1001ms\" }", "8:22: 1001ms"),
        ("[signature]\nwindow = \"10999ms\"", "8:10: 10999ms"),
        ("[signature]\nskew = \"999ms\"", "8:8: 999ms"),
        ("[token]\nttl = \"1999ms\"", "8:7: 1999ms"),
        ("[journal]\nkeep = \"86400001ms\"", "8:8: 86400001ms"),
        (
            "[[listen]]\ntls = \"a\"\nhsts = \"500ms\"\n[tls.a]",
            "9:8: 500ms"
        ),
    ])
    func aFractionOfASecondIsNotCutOff(_ table: String, _ told: String) {
        #expect(
            ConfigurationSample.findings(ConfigurationSample.required + table + "\n") == [
                "config.toml:\(told) is no whole number of seconds; write whole seconds"
            ])
        let whole = table.replacing(/[0-9]+ms/, with: "172800000ms")
        let findings = ConfigurationSample.findings(ConfigurationSample.required + whole + "\n")
        #expect(!findings.contains { $0.contains("whole seconds") })
    }

    @Test(arguments: [
        ("[::]:+28443", ""), ("[::]:028443", ""), ("127.0.0.1:080", ""), ("[::]:", ""),
        ("[fe80::1]:443", ""), ("[febf::1]:443", ""), ("[ff02::1]:443", ""), ("224.0.0.1:443", ""),
        ("unix:/", ""), ("unix:/../s", ""), ("unix:/run/x/", "; write unix:/run/x"),
        ("unix://run//x", "; write unix:/run/x"),
    ])
    func anAddressToListenAtHasOneSpelling(_ address: String, _ remedy: String) {
        let text = ConfigurationSample.required + "[[listen]]\naddress = \"\(address)\"\n"
        #expect(
            ConfigurationSample.findings(text) == [
                "config.toml:8:11: \"\(address)\" is not an address like [::]:443, "
                    + "127.0.0.1:8443 or unix:/path\(remedy)"
            ])
    }

    @Test func theSocketOfTheBackendHasOneSpelling() {
        let text = ConfigurationSample.required.replacing(
            "http://127.0.0.1:8080", with: "unix:/run//b.sock")
        #expect(
            ConfigurationSample.findings(text) == [
                #"config.toml:4:7: "unix:/run//b.sock" is not a URL like http://127.0.0.1:8080, "#
                    + "https://host or unix:/path; write unix:/run/b.sock"
            ])
    }

    @Test func aBackendInAFolderIsNamedByItsRoot() {
        let text = ConfigurationSample.required.replacing(
            "http://127.0.0.1:8080", with: "http://127.0.0.1:8080/nextcloud")
        let said = ConfigurationSample.findings(text)
        #expect(said.count == 1, "\(said)")
        #expect(
            said.first?.hasSuffix(
                "; write http://127.0.0.1:8080: a server in a folder is found by a redirect of its root"
            )
                == true, "\(said)")
    }

    /// What one writes first, and what goes round until connections run out.
    @Test(
        arguments: [
            ("https://cloud.test", true), ("https://Cloud.Test:443/", true),
            ("http://cloud.test:443", true), ("http://cloud.test:8080", false),
            ("https://backend.test", false), ("http://127.0.0.1:8080", false),
        ])
    func aBackendByTheSitesOwnNameIsToldOf(_ url: String, _ isTold: Bool) throws {
        let text = ConfigurationSample.required.replacing("http://127.0.0.1:8080", with: url)
        let said = try ConfigurationSample.read(text).warnings.map(\.description)
        #expect(said.count == (isTold ? 1 : 0), "\(said)")
        let words = "/etc/ocmgate/config.toml:4:1: backend.url is the site's own name"
        #expect(!isTold || said.first?.hasPrefix(words) == true, "\(said)")
    }

    @Test(arguments: [
        ("sqlite::memory:", "name a file: the state has to survive a restart"),
        ("sqlite://x.db", "write sqlite:/PATH, or sqlite:PATH for one in the folder of this file"),
    ])
    func theStateIsAFile(_ url: String, _ remedy: String) {
        let table = { (url: String) in
            ConfigurationSample.required + "[state]\nurl = \"\(url)\"\n"
        }
        #expect(
            ConfigurationSample.findings(table(url)) == [
                "config.toml:8:7: \"\(url)\" is not a place like sqlite:/var/lib/ocmgate/state.db; "
                    + remedy
            ])
        #expect(ConfigurationSample.findings(table("sqlite:///var/lib/x.db")) == [])
    }

    @Test(arguments: [
        ("http://127.0.0.1:3128", "127.0.0.1:3128"), ("http://[::1]:443", "[::]:443"),
        ("http://127.0.0.1:3129", nil),
    ])
    func theOuterProxyIsSomebodyElse(_ proxy: String, _ own: String?) {
        #expect(
            ConfigurationSample.findings(
                ConfigurationSample.required + "[egress]\n[outbound]\nproxy = \"\(proxy)\"\n")
                == [own].compactMap { $0 }.map {
                    "config.toml:9:1: the gateway itself listens at \($0): it would ask itself; "
                        + "write where the outer proxy listens"
                })
    }
}
