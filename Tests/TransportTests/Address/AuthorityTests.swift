import Testing

@testable import Transport

@Suite struct AuthorityTests {
    @Test(arguments: [
        ("A.Example", "a.example"), ("a.example:443", "a.example:443"), ("a.example.", "a.example"),
        ("a.example.:80", "a.example:80"), ("127.0.0.1", "127.0.0.1"), ("1.2.3.4:5", "1.2.3.4:5"),
        ("[::1]", "[::1]"), ("[2001:DB8::0:1]:8443", "[2001:db8::1]:8443"),
        ("[::ffff:1.2.3.4]", "[::ffff:102:304]"), ("xn--4ca.example", "xn--4ca.example"),
        ("a-b.c1", "a-b.c1"), ("1a.2b", "1a.2b"), ("1.example", "1.example"),
        ("0xg.0xg", "0xg.0xg"),
        (String(repeating: "a", count: 63) + ".b", String(repeating: "a", count: 63) + ".b"),
        ("a:1", "a:1"), ("a:65535", "a:65535"),
    ])
    func authorityHasOneSpelling(_ text: String, _ canonical: String) throws {
        let authority = try Authority(text)
        #expect(authority.description == canonical)
        #expect(try Authority(canonical) == authority)
    }

    @Test(arguments: [
        ("", AddressFailure.empty), (":80", .empty), (".", .label), ("..", .label),
        ("a..b", .label), (".a", .label), ("a..", .label), ("-a", .label), ("a-", .label),
        ("a.-b", .label), ("ab--c", .label), ("xn--", .label), ("xn--a.ab--c", .label),
        (String(repeating: "a", count: 64), .label), ("u@a", .userinfo), ("u:p@a", .userinfo),
        ("@", .userinfo), ("a b", .character), ("a\tb", .character), ("a\\b", .character),
        ("a%2eb", .character), ("a_b", .character), ("a/b", .character), ("a\u{0}", .character),
        ("ä.example", .nonASCII), ("a。b", .nonASCII), ("127.1", .numericHost),
        ("2130706433", .numericHost), ("0x7f.1", .numericHost), ("0177.0.0.1", .numericHost),
        ("127.0.0.1.", .numericHost), ("a.1", .numericHost), ("1.2.3.0x4", .numericHost),
        ("0x", .numericHost), ("256.256.256.256", .numericHost), ("1.2.3.4.5", .numericHost),
        ("[", .literal), ("[]", .literal), ("[::1", .literal), ("[a.example]", .literal),
        ("[127.0.0.1]", .literal), ("[[::1]]", .literal), ("[::1]a", .literal),
        ("[v1.a]", .literal), ("[fe80::1%eth0]", .zone), ("[fe80::1%25eth0]", .zone),
        ("::1", .port), ("a:", .port), ("[::1]:", .port), ("a:0", .port), ("a:080", .port),
        ("a:65536", .port), ("a:99999", .port), ("a:123456", .port), ("a:+1", .port),
        ("a:8a", .port), ("a:80:80", .port), ("a: 80", .port),
        (
            Array(repeating: String(repeating: "a", count: 50), count: 5).joined(separator: "."),
            .tooLong
        ),
    ])
    func otherSpellingsAreRefused(_ text: String, _ failure: AddressFailure) {
        #expect(throws: failure) { try Authority(text) }
    }

    @Test func defaultPortSaysNothing() throws {
        let authority = try Authority("a:443")
        #expect(authority.normalized(for: .https) == (try Authority("a")))
        #expect(authority.normalized(for: .http) == authority)
    }
}
