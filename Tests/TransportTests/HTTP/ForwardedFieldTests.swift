import Testing

@testable import Transport

@Suite struct ForwardedFieldTests {
    private func nodes(_ lines: String...) throws(RequestFailure) -> [String] {
        try ForwardedField.nodes(of: lines.map { Array($0.utf8)[...] }).map {
            switch $0 {
            case .address(let address): address.description
            case .unknown: "unknown"
            }
        }
    }

    @Test(arguments: [
        ("for=192.0.2.43", ["192.0.2.43"]),
        ("For=\"[2001:db8:cafe::17]:4711\"", ["2001:db8:cafe::17"]),
        ("for=192.0.2.60;proto=http;by=203.0.113.43", ["192.0.2.60"]),
        ("proto=http;for=192.0.2.60", ["192.0.2.60"]),
        ("for=192.0.2.43, for=198.51.100.17", ["192.0.2.43", "198.51.100.17"]),
        ("for=192.0.2.43,for=\"198.51.100.17:8080\"", ["192.0.2.43", "198.51.100.17"]),
        ("for=unknown, for=_hidden, for=\"_SEVKISEK:_port\"", ["unknown", "unknown", "unknown"]),
        ("proto=https", ["unknown"]),
        ("", []),
        (", ,for=192.0.2.1,", ["192.0.2.1"]),
        (";for=192.0.2.1;", ["192.0.2.1"]),
        ("for=192.0.2.1;host=\"a, for=192.0.2.9\"", ["192.0.2.1"]),
        ("for=\"192.0.2\\.1\"", ["192.0.2.1"]),
        ("for=\"[::ffff:192.0.2.1]\"", ["192.0.2.1"]),
    ])
    func nodesAreFound(_ line: String, _ expected: [String]) throws {
        #expect(try nodes(line) == expected)
    }

    @Test func linesFollowEachOther() throws {
        #expect(try nodes("for=192.0.2.1", "for=192.0.2.2") == ["192.0.2.1", "192.0.2.2"])
    }

    @Test(arguments: [
        "for=", "for", "=192.0.2.1", "for =192.0.2.1", "for= 192.0.2.1", "for=192.0.2.1; by=_a",
        "for=192.0.2.1 for=192.0.2.2", "for=192.0.2.1;for=192.0.2.2", "for=\"192.0.2.1",
        "for=\"192.0.2.1\\", "for=\"\"", "for=192.0.2.256", "for=192.0.2.01", "for=2001:db8::1",
        "for=\"2001:db8::1\"", "for=\"[192.0.2.1]\"", "for=\"[2001:db8::1\"", "for=\"[]\"",
        "for=192.0.2.1:80", "for=\"192.0.2.1:\"", "for=\"192.0.2.1:123456\"",
        "for=\"192.0.2.1:80a\"", "for=_", "for=somebody", "for=\"_a b\"", "for=\"192.0.2.1 \"",
        "for=\", for=192.0.2.1",
    ])
    func whatIsOutsideTheGrammarIsRefused(_ line: String) {
        #expect(throws: RequestFailure.forwardedFor) { try nodes(line) }
    }
}
