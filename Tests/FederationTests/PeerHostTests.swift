import Federation
import Testing

@Suite struct PeerHostTests {
    @Test(arguments: [
        ("cloud.example.org", "cloud.example.org"), ("CLOUD.Example.ORG", "cloud.example.org"),
        ("cloud.example.org:443", "cloud.example.org"),
        ("cloud.example.org:8443", "cloud.example.org:8443"),
        ("cloud.example.org:080", "cloud.example.org:80"),
        ("cloud.example.org.", "cloud.example.org"), ("localhost", "localhost"),
        ("[1:02:3:4:5:6:7:ABCD]", "[1:2:3:4:5:6:7:abcd]"),
        ("bücher.example", "xn--bcher-kva.example"), ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bu\u{308}cher.example", "xn--bcher-kva.example"),
        ("xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("例え.テスト", "xn--r8jz45g.xn--zckzah"), ("faß.de", "xn--fa-hia.de"),
        ("ｅxample.org", "example.org"), ("127.0.0.1", "127.0.0.1"),
        ("192.0.2.7:8080", "192.0.2.7:8080"), ("[::1]", "[::1]"),
        ("[2001:DB8:0:0:0:0:0:1]:443", "[2001:db8::1]"),
        ("[2001:db8::1]:8443", "[2001:db8::1]:8443"),
        ("[::ffff:192.0.2.1]", "[::ffff:c000:201]"), ("a-b.c-d", "a-b.c-d"),
    ])
    func spellingsOfOneHostFallTogether(_ text: String, _ canonical: String) {
        #expect(PeerHost(text)?.description == canonical)
        #expect(PeerHost(canonical)?.description == canonical)
    }

    @Test(arguments: [
        "", ".", "..", "a..b", ".a", "a:", "a:0", "a:65536", "a:99999999999", "a:-1", "a:+1",
        "a:1 ", "a b", "a_b.example", "-a.example", "a-.example", "a.example..", "user@host",
        "host/path", "host?x", "host#x", "ho\\st", "ho\tst", "host\n", "127.1", "2130706433",
        "0x7f.1", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "127.0.0.256", "1.2.3.4.5", "1.2.3",
        "[::1", "::1", "[]", "[::1]x", "[::1]x443", "[::1]:", "[fe80::1%eth0]", "[example.com]",
        "[[::1]]",
        "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[::1::]", "[12345::]", "[::1.2.3]",
        "[::1.2.3.a]", "[::1.2.3./]",
        "ab--c.example", "a.b:443:443", "ex\u{200b}ample.org", "ex\u{ad}ample.org", "xn--a.example",
        "xn--", "xn---tda.example", "xn--bucher-xyd.example", "a。b", "[:]", "[:1]", "[:1::2]",
        "xn--BCHER-KVA-.example", "☃.example", "exam\u{2044}ple.org", "a%2eb", "\u{301}a.example",
        String(repeating: "a", count: 64) + ".example",
        String(repeating: "abcdefgh.", count: 30) + "example",
    ])
    func whatIsNoHostIsRefused(_ text: String) {
        #expect(PeerHost(text) == nil)
    }

    @Test(
        arguments: [
            ("https://cloud.example.org/", "cloud.example.org"),
            ("https://cloud.example.org/ocm#signature", nil),
            ("http://h.example:80/x", "h.example"),
            ("http://h.example:443", "h.example"), ("https://h.example:80", "h.example:80"),
            ("HTTPS://H.example", "h.example"), ("ftp://h.example", nil), ("//h.example", nil),
            ("https://user@h.example", nil), ("https://good.example\\@evil.example/", nil),
            ("https:///x", nil), ("https://good.example@evil.example/", nil),
        ] as [(String, String?)])
    func theHostOfAURLIsWhatItWouldBeDialledBy(_ url: String, _ host: String?) {
        #expect(PeerHost(url: url)?.description == host)
    }

    @Test func hostsOrderByNameThenPort() {
        let sorted = ["b.example", "a.example:8443", "a.example"].compactMap { PeerHost($0) }
            .sorted()
        #expect(sorted.map(\.description) == ["a.example", "a.example:8443", "b.example"])
    }
}

@Suite struct URLPartsTests {
    @Test(arguments: [
        ("https://h.example/", 443), ("http://h.example/", 80), ("http://h.example:443/", 443),
        ("https://h.example:80", 80), ("https://[::1]/", 443), ("https://[::1]:8443?x", 8443),
    ])
    func thePortIsTheOneToDial(_ url: String, _ port: UInt16) {
        #expect(URLParts(url)?.port == port)
    }

    @Test func aURLIsCutIntoItsParts() throws {
        let parts = try #require(URLParts("https://H.example:8443/a/b?x=1&y=2"))
        #expect(parts.scheme == .https)
        #expect(parts.host.description == "h.example:8443")
        #expect(parts.path == "/a/b")
        #expect(parts.query == "x=1&y=2")
    }

    @Test(arguments: [
        "https://h.example/a b", "https://h.example/\u{e9}", "https://h.example/a\\b",
        "https://h.example/#f", "https://h.example\n/", "javascript:alert(1)", "/path", "",
        "https:/h.example",
    ])
    func whatIsNoPlainURLIsRefused(_ text: String) { #expect(URLParts(text) == nil) }
}
