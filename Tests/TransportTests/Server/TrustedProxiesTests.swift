import Testing

@testable import Transport

/// The hops 10.0.0.0/8 are trusted, and 10.0.0.1 has sent the request.
@Suite struct TrustedProxiesTests {
    private func client(_ lines: String...) throws -> String {
        let proxies = TrustedProxies([try CIDR("10.0.0.0/8"), try CIDR("fd00::/8")])
        let head = try #require(
            try requestHead(
                "GET / HTTP/1.1\r\nHost: a\r\n" + lines.joined(separator: "\r\n")
                    + (lines.isEmpty ? "" : "\r\n") + "\r\n"))
        let hop = try #require(IPAddress("10.0.0.1"))
        return try proxies.client(of: head.fields, behind: hop).description
    }

    @Test(arguments: [
        ("X-Forwarded-For: 192.0.2.7", "192.0.2.7"),
        ("X-Forwarded-For: 198.51.100.9, 192.0.2.7", "192.0.2.7"),
        ("X-Forwarded-For: 192.0.2.7, 10.0.0.2,10.0.0.3", "192.0.2.7"),
        ("X-Forwarded-For: 10.9.9.9, 10.0.0.2", "10.9.9.9"),
        ("X-Forwarded-For: 192.0.2.7:4711", "192.0.2.7"),
        ("X-Forwarded-For: 2001:db8::1", "2001:db8::1"),
        ("X-Forwarded-For: [2001:db8::1]:443", "2001:db8::1"),
        ("X-Forwarded-For: ::ffff:192.0.2.7", "192.0.2.7"),
        ("X-Forwarded-For: <script>, 192.0.2.7", "192.0.2.7"),
        ("X-Forwarded-For: unknown", "10.0.0.1"),
        ("X-Forwarded-For: 192.0.2.7, unknown, 10.0.0.2", "10.0.0.2"),
        ("Forwarded: for=192.0.2.7;proto=https", "192.0.2.7"),
        ("Forwarded: for=198.51.100.9, for=192.0.2.7, for=\"[fd00::1]\"", "192.0.2.7"),
        ("Forwarded: proto=https", "10.0.0.1"),
        ("Forwarded: for=_gazonk", "10.0.0.1"),
    ])
    func theRightMostStrangerIsTheClient(_ line: String, _ expected: String) throws {
        #expect(try client(line) == expected)
    }

    @Test func aHopThatNamesNobodyIsTheClientItself() throws {
        #expect(try client() == "10.0.0.1")
    }

    @Test func linesAreOneList() throws {
        let address = try client("X-Forwarded-For: 192.0.2.7", "X-Forwarded-For: 10.0.0.2")
        #expect(address == "192.0.2.7")
    }

    @Test func bothFieldsMustNameTheSameClient() throws {
        let same = try client("X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.7")
        #expect(same == "192.0.2.7")
        #expect(throws: RequestFailure.forwardedFor) {
            try client("X-Forwarded-For: 192.0.2.7", "Forwarded: for=192.0.2.8")
        }
    }

    @Test(arguments: [
        "X-Forwarded-For: somebody", "X-Forwarded-For:", "X-Forwarded-For: 192.0.2.7,",
        "X-Forwarded-For: 192.0.2.7, 10.0.0.2 10.0.0.3", "X-Forwarded-For: 127.1",
        "X-Forwarded-For: 192.0.2.7:", "X-Forwarded-For: fe80::1%eth0",
        "Forwarded: for=\", for=192.0.2.7", "Forwarded: 192.0.2.7",
    ])
    func whatATrustedHopWritesMustBeReadable(_ line: String) {
        #expect(throws: RequestFailure.forwardedFor) { try client(line) }
    }

    @Test func noAddressIsATrustedHop() throws {
        let all = TrustedProxies([try CIDR("0.0.0.0/0"), try CIDR("::/0")])
        #expect(!all.contains(nil))
        #expect(!TrustedProxies().contains(IPAddress("10.0.0.1")))
        #expect(all.contains(IPAddress("10.0.0.1")))
    }
}
