import Testing

@testable import Transport

@Suite struct HTTPURLTests {
    @Test(arguments: [
        ("https://A.example", "https://a.example/", UInt16(443)),
        ("HTTPS://a.example:443/x?y", "https://a.example/x?y", 443),
        ("http://a.example:80", "http://a.example/", 80),
        ("http://a.example:443/", "http://a.example:443/", 443),
        ("https://a.example?q", "https://a.example/?q", 443),
        ("https://a.example/?", "https://a.example/?", 443),
        ("https://[::1]:8443/a%20b", "https://[::1]:8443/a%20b", 8443),
        ("https://a.example./x", "https://a.example/x", 443),
        ("https://a.example//x/../y", "https://a.example//x/../y", 443),
    ])
    func urlHasOneOrigin(_ text: String, _ description: String, _ port: UInt16) throws {
        let url = try HTTPURL(text)
        #expect(url.description == description)
        #expect(url.port == port)
        #expect(try HTTPURL(url.description) == url)
    }

    @Test func partsAreThoseOfTheRequest() throws {
        let url = try HTTPURL("https://a.example:8443/p?q=1?2")
        #expect(url.origin == "https://a.example:8443" && url.target == "/p?q=1?2")
        #expect(url.path == "/p" && url.query == "q=1?2")
    }

    @Test(arguments: [
        ("", AddressFailure.empty), ("a.example", .scheme), ("//a.example", .scheme),
        ("ftp://a.example", .scheme), ("file:///etc/passwd", .scheme), ("https:/a", .scheme),
        ("https:a", .scheme), ("javascript:alert(1)", .scheme), ("gopher://a/", .scheme),
        ("https://", .empty), ("https:///x", .empty), ("https://?x", .empty),
        ("https://u@a.example", .userinfo), ("https://u:p@a.example", .userinfo),
        ("https://a.example@evil.example/", .userinfo), ("https://a.example/#x", .fragment),
        ("https://a.example#@evil.example/", .fragment), ("https:\\\\a.example", .character),
        ("https://a.example\\@evil.example", .character), (" https://a.example", .character),
        ("https://a.example\t/x", .character), ("https://a.example/\r\nX: y", .character),
        ("https://a.example/ x", .character), ("https://a.example/\u{7F}", .character),
        ("https://ä.example", .nonASCII), ("https://a.example/ä", .nonASCII),
        ("https://a.example/%", .path), ("https://a.example/%zz", .path),
        ("https://a.example/<x>", .path), ("https://a.example/{x}", .path),
        ("https://a.example:0/", .port), ("https://a.example:99999/", .port),
        ("https://127.1/", .numericHost), ("https://0x7f000001/", .numericHost),
        ("https://[a.example]/", .literal), ("https://[fe80::1%25eth0]/", .zone),
        ("https://a%2eexample/", .character), ("https://a.example%00/", .character),
        ("https://" + String(repeating: "a", count: 9000), .tooLong),
    ])
    func otherTextsAreNotFetched(_ text: String, _ failure: AddressFailure) {
        #expect(throws: failure) { try HTTPURL(text) }
    }
}
