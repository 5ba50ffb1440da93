import Testing
import Transport

@testable import Gateway

@Suite struct BackendHeadTests {
    @Test(arguments: [
        ("192.0.2.7", "192.0.2.7"), ("2001:db8::7", #""[2001:db8::7]""#),
    ])
    func whoTheClientIsStandsInEveryHeadAsItsWriterTellsIt(
        _ address: String, _ node: String
    ) async throws {
        let world = try await TestGateway()
        let client = ClientConnection(
            address: IPAddress(address), port: 1, listener: 0, tls: nil, loop: world.client.loop)
        let head = try world.head("GET /a HTTP/1.1", "X-Forwarded-For: 203.0.113.1")
        let one = try BackendHead(host: "one.test", scheme: "https", authority: "cloud.test")
        let two = try BackendHead(host: "two.test", scheme: "http", authority: "cloud.test:81")
        for _ in 0..<2 {
            #expect(
                try text(one, head, client) == [
                    "GET /a?b HTTP/1.1", "host: one.test", "x-forwarded-for: \(address)",
                    "x-forwarded-proto: https", "x-forwarded-host: cloud.test",
                    "forwarded: for=\(node);host=cloud.test;proto=https",
                ])
            #expect(
                try text(two, head, client) == [
                    "GET /a?b HTTP/1.1", "host: two.test", "x-forwarded-for: \(address)",
                    "x-forwarded-proto: http", "x-forwarded-host: cloud.test:81",
                    "forwarded: for=\(node);host=\"cloud.test:81\";proto=http",
                ])
        }
    }

    @Test func aClientWithoutAnAddressIsUnknown() async throws {
        let world = try await TestGateway()
        let client = ClientConnection(
            address: nil, port: 0, listener: 0, tls: nil, loop: world.client.loop)
        let one = try BackendHead(host: "one.test", scheme: "https", authority: "cloud.test")
        #expect(
            try text(one, try world.head("GET /a HTTP/1.1"), client) == [
                "GET /a?b HTTP/1.1", "host: one.test", "x-forwarded-proto: https",
                "x-forwarded-host: cloud.test",
                "forwarded: for=unknown;host=cloud.test;proto=https",
            ])
    }

    // The backend counts failures against who is behind a question of ours.
    @Test func whatIsAskedForAClientIsAskedInItsName() async throws {
        let world = try await TestGateway()
        let one = try BackendHead(host: "one.test", scheme: "https", authority: "cloud.test")
        let origin = ["x-forwarded-proto: https", "x-forwarded-host: cloud.test"]
        for (client, address) in [
            (
                world.client,
                ["x-forwarded-for: 192.0.2.7"] + origin
                    + ["forwarded: for=192.0.2.7;host=cloud.test;proto=https"]
            ),
            (nil, origin),
        ] {
            let bytes = try one.probe(.propfind, target: "/a", authorization: "x", for: client)
                .finish()
            let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\r\n")
            #expect(
                lines.map(String.init) == ["PROPFIND /a HTTP/1.1", "host: one.test"] + address
                    + ["user-agent: ocmgate", "accept: */*", "depth: 0", "authorization: x"])
        }
    }

    private func text(
        _ writer: BackendHead, _ head: RequestHead, _ client: ClientConnection
    ) throws -> [String] {
        let bytes = try writer.writer(
            for: head, path: "/a", query: Array("b".utf8)[...], client: client
        ).finish()
        return String(decoding: bytes, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }
}
