import OpenSSL
import Testing

@testable import Transport

/// Requests that come before the answers to those in front of them were taken.
@Suite struct PipeliningTests {
    private static let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    private static let requests = 300
    private static let body = [UInt8](repeating: 0x78, count: 64 << 10)

    /// Sends all requests and takes nothing; gives how many the server began then.
    private func ask(
        over isSecured: Bool,
        _ next: (PipeliningClient, Server, LoopGroup, Int) async throws -> Void
    ) async throws {
        let own = try TestIdentity("a.example")
        try await serve(
            {
                $0.requestHead = .seconds(600)
                $0.tlsHandshake = .seconds(600)
                $0.keepAlive = .seconds(600)
                $0.writeStall = .seconds(600)
            }, { _, _ in .answer(Answer(status: 200, body: Self.body)) },
            tls: isSecured ? try .server(identities: [own.identity], alpn: ["http/1.1"]) : nil
        ) { port, group, server in
            let trust =
                isSecured ? try TLSContext.client(trust: own.trust, alpn: ["http/1.1"]) : nil
            let client = try await PipeliningClient(to: port, trusting: trust, on: group)
            try await client.send(String(repeating: Self.get, count: Self.requests))
            var begun = 0
            while begun == 0 || begun != group.count(of: .requests) {
                begun = group.count(of: .requests)
                try await Task.sleep(for: .milliseconds(500))
            }
            // As many as the buffers of the sockets hold.
            #expect(begun < Self.requests / 2)
            try await next(client, server, group, begun)
        }
    }

    @Test(arguments: [false, true])
    func theyWaitForAClientThatTakesNoAnswers(_ isSecured: Bool) async throws {
        try await ask(over: isSecured) { client, server, group, _ in
            try await client.read()
            #expect(
                try await eventually { client.count > Self.requests * Self.body.count })
            #expect(group.count(of: .requests) == Self.requests)
            try await client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            #expect(try await eventually { client.isLeft && server.connections == 0 })
            #expect(group.count(of: .requests) == Self.requests + 1)
        }
    }

    /// As with one that is forwarded meanwhile: the next answer says that it is the last.
    @Test(arguments: [false, true])
    func aClientThatHasEndedHearsWhichAnswerIsTheLast(_ isSecured: Bool) async throws {
        try await ask(over: isSecured) { client, server, group, begun in
            try await client.end()
            try await client.read()
            #expect(try await eventually { client.isLeft && server.connections == 0 })
            let answers = latin1(client.bytes).split(separator: "HTTP/1.1 200 OK\r\n")
            #expect(answers.count == group.count(of: .requests) && answers.count > begun)
            #expect(answers.last?.contains("connection: close\r\n") == true)
            #expect(answers.last?.hasSuffix("\r\n\r\n" + latin1(Self.body)) == true)
            #expect(answers.dropLast().allSatisfy { !$0.contains("connection: close\r\n") })
        }
    }
}
