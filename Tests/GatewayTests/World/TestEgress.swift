import Federation
import OpenSSL
import Testing

@testable import Gateway
@testable import Transport

/// A gateway with a way out; `modern.test` is a partner, which nothing on this machine is.
final class TestEgress: Sendable {
    let world: TestWorld
    let handler: EgressHandler

    init(
        egress: String = "", unknown: String = "deny", outbound: String = "",
        allowing: [String] = [], kind: String = "nextcloud", journal: Journal? = nil
    ) throws {
        let nobody = try CertificateAuthority.make(
            name: "nobody", key: .generate(.p256), validity: 0...1)
        var client = OutboundConfiguration(
            tls: try .client(trust: .only([nobody.certificate])),
            guarding: AddressGuard(allowing: try allowing.map { try CIDR($0) }))
        client.resolve = [
            try Authority("modern.test:443"): try Authority("127.0.0.1:9"),
            try Authority("inside.test:443"): try Authority("10.0.0.1:443"),
        ]
        world = try TestWorld(
            unknown: unknown,
            configuration: """
                [egress]
                listen = "127.0.0.1:3128"
                \(egress)
                \(outbound)
                """, kind: kind, outbound: OutboundClient(client, on: TestWorld.loops),
            journal: journal)
        let authority = try EgressCA(
            .make(
                name: "test", key: .generate(.p256),
                validity: world.clock.now - 10_000...world.clock.now + 400 * 86_400))
        handler = try #require(EgressHandler(world.gateway, authority))
    }

    func client(
        from address: String = "127.0.0.1", intercepted: Bool = false, name: String? = nil
    ) throws -> ClientConnection {
        ClientConnection(
            address: IPAddress(address), port: 1, listener: 1,
            tls: intercepted ? TLSInfo(serverName: name) : nil,
            loop: TestWorld.loops.loops[0])
    }

    func head(_ lines: [String]) throws -> RequestHead {
        let bytes = Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
        var parser = RequestHeadParser(role: .forwardProxy)
        guard case .head(let head, _) = try parser.parse(bytes.span) else {
            throw TestGateway.NoAddress()
        }
        return head
    }

    func plan(_ lines: String..., from address: String = "127.0.0.1") async throws -> Outcome {
        try await outcome(handler.plan(try head(lines), from: client(from: address)), lines)
    }

    /// A request inside of a CONNECT.
    func inside(
        _ target: String, name: String?, _ lines: String...
    ) async throws -> Outcome {
        try await outcome(
            InterceptedHandler(handler, to: try Authority(target), .admitted).plan(
                try head(lines), from: client(intercepted: true, name: name)), lines)
    }

    /// A request inside of what a CONNECT became, once everything has been asked that has to be.
    func through(_ target: String, _ lines: String...) async throws -> Outcome {
        let connect = ["CONNECT \(target) HTTP/1.1", "Host: \(target)"]
        let name = try Authority(target).host.description
        let opening = try head(connect)
        var plan = handler.plan(opening, from: try client())
        while case .prepare(let decide) = plan { plan = await decide(opening) }
        guard case .intercept(let interception) = plan else {
            return try await outcome(plan, connect)
        }
        return try await outcome(
            interception.handler.plan(
                try head(lines), from: client(intercepted: true, name: name)), lines)
    }

    private func outcome(_ plan: Plan, _ lines: [String]) async throws -> Outcome {
        switch plan {
        case .answer(let answer): return .answered(answer)
        case .intercept(let interception):
            let inner = try #require(interception.handler as? InterceptedHandler)
            return .intercepted("\(inner.target)")
        case .tunnel: return .tunnelled
        case .forward(let forwarding):
            return .forwarded(String(decoding: forwarding.head.finish(), as: UTF8.self))
        case .read: return .read
        case .prepare(let decide):
            return try await outcome(await decide(try head(lines)), lines)
        }
    }

    func logged() -> [JSONObject] {
        world.gateway.log.flush()
        return world.lines.objects.filter { $0["message"]?.string == "egress.refused" }
    }

    /// What becomes of a request.
    enum Outcome {
        case answered(Answer)
        case intercepted(String)
        case tunnelled
        case forwarded(String)
        case read

        var status: Int? {
            guard case .answered(let answer) = self else { return nil }
            return answer.status
        }

        var code: String? {
            guard case .answered(let answer) = self else { return nil }
            return answer.code
        }

        func value(_ name: String) -> String? {
            guard case .answered(let answer) = self else { return nil }
            return answer.values(name).first
        }

        var isTunnel: Bool { if case .tunnelled = self { true } else { false } }
        var isRead: Bool { if case .read = self { true } else { false } }

        var target: String? {
            guard case .intercepted(let target) = self else { return nil }
            return target
        }

        var head: [String] {
            guard case .forwarded(let text) = self else { return [] }
            return text.split(separator: "\r\n").map(String.init)
        }
    }
}
