import Testing

@testable import Federation

@Suite struct HostPatternTests {
    @Test(arguments: [
        ("cloud.example", "cloud.example", true), ("cloud.example", "x.cloud.example", false),
        ("cloud.example", "xcloud.example", false), ("cloud.example", "cloud.example:8443", true),
        ("*.cloud.example", "x.cloud.example", true),
        ("*.cloud.example", "a.b.cloud.example", true),
        ("*.cloud.example", "cloud.example", false), ("*.cloud.example", "xcloud.example", false),
        (".cloud.example", "cloud.example", true), (".cloud.example", "x.cloud.example", true),
        (".cloud.example", "xcloud.example", false), (".cloud.example", "example", false),
        ("cloud.example:8443", "cloud.example:8443", true),
        ("cloud.example:8443", "cloud.example", false),
        ("cloud.example:443", "cloud.example", true),
        ("cloud.example:443", "cloud.example:443", true),
        ("cloud.example:443", "cloud.example:8443", false),
        ("*.cloud.example:443", "x.cloud.example:8443", false),
        ("CLOUD.Example.", "cloud.example", true), ("cloud.example", "Cloud.EXAMPLE.", true),
        ("bücher.example", "xn--bcher-kva.example", true),
        (".xn--bcher-kva.example", "a.BÜCHER.example", true),
        ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.10", false),
        ("[2001:db8::1]", "[2001:DB8:0::1]", true),
        ("[2001:db8::1]:443", "[2001:db8::1]:8443", false),
        ("[2001:db8::1]", "[2001:db8::1]:8443", true),
    ])
    func patternMeansTheseHosts(_ pattern: String, _ host: String, _ matches: Bool) throws {
        let pattern = try #require(HostPattern(pattern))
        #expect(pattern.matches(try #require(PeerHost(host))) == matches)
    }

    @Test(arguments: [
        "", "*", ".", "*.", "*.*.example", "a.*.example", "clo*d.example", "https://cloud.example",
        "cloud.example/x", "cloud.example:", "cloud.example:0", "cloud.example:65536",
        "cloud_1.example", "a b.example", "user@cloud.example", ".192.0.2.1", "*.[2001:db8::1]",
        "127.1", "..example", "@partners",
    ])
    func patternIsRefused(_ text: String) {
        #expect(HostPattern(text) == nil)
    }

    @Test func patternIsWrittenInOneForm() throws {
        for (text, form) in [
            ("*.BÜCHER.example.:443", "*.xn--bcher-kva.example:443"),
            (".Cloud.Example", ".cloud.example"),
            ("[2001:DB8::0:1]:8443", "[2001:db8::1]:8443"),
        ] {
            let pattern = try #require(HostPattern(text))
            #expect(pattern.description == form)
            #expect(HostPattern(form) == pattern)
        }
    }
}
