import Testing

@testable import Transport

@Suite struct DestinationTests {
    private func destination(_ text: String) throws(Destination.Failure) -> Destination {
        try Destination(latin1(text)[...])
    }

    @Test(
        arguments: [
            ("/dav/b", nil, "/dav/b"), ("https://A.example/dav/b", "a.example", "/dav/b"),
            ("https://a.example:443//dav/%62", "a.example", "/dav/b"),
            ("http://a.example:8080/x", "a.example:8080", "/x"),
            ("https://a.example", "a.example", "/"),
        ] as [(String, String?, String)])
    func destinationIsReadLikeATarget(_ text: String, _ authority: String?, _ path: String) throws {
        let found = try destination(text)
        #expect(found.origin?.authority.description == authority)
        #expect(found.path.text == path)
    }

    @Test(arguments: [
        ("", Destination.Failure.address(.empty)), ("dav/b", .address(.scheme)),
        ("//evil.example/dav/b", .address(.scheme)), ("ftp://a/dav", .address(.scheme)),
        ("https://u@a.example/x", .address(.userinfo)), ("https:///x", .address(.empty)),
        ("https://a.example/x?y", .query), ("/x?y", .query), ("/x#y", .path(.character)),
        ("https://a.example#/x", .address(.fragment)), ("/a/../b", .path(.dotSegment)),
        ("https://a.example/a/%2e%2e/b", .path(.dotSegment)), ("/a%2fb", .path(.encodedSlash)),
        ("/a b", .path(.character)), ("/a\\b", .path(.backslash)), ("/%00", .path(.control)),
        ("https://a.example\\x/y", .address(.character)),
    ])
    func destinationWithTwoMeaningsIsRefused(_ text: String, _ failure: Destination.Failure) {
        #expect(throws: failure) { try destination(text) }
    }
}
