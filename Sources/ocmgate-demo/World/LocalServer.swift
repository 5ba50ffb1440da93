import OpenSSL
import Transport

/// A small server on loopback: every request is read whole and answered by a function.
struct LocalServer: Sendable {
    /// The port that the system chose.
    let port: Int
    private let server: Server

    /// Listens on a free port of 127.0.0.1; over TLS when there is a context for it.
    static func start(
        on loops: LoopGroup, tls: TLSContext?,
        answering answer: @escaping @Sendable (PlainRequest) -> Answer
    ) async throws -> LocalServer {
        guard let loopback = IPAddress("127.0.0.1") else { throw DemoFailure("no loopback") }
        let server = try await Server.start(
            ServerConfiguration(listeners: [.init(.tcp(loopback, port: 0), tls: tls)]), on: loops,
            handler: WholeRequests(answer: answer))
        guard case .tcp(_, let port)? = server.addresses.first else {
            throw DemoFailure("a local server has no port")
        }
        return LocalServer(port: port, server: server)
    }

    func stop() async {
        await server.shutdown(grace: .milliseconds(100))
    }

    /// A port that nobody listens on just now.
    static func freePort(on loops: LoopGroup) async throws -> Int {
        let probe = try await start(on: loops, tls: nil) { _ in Answer(status: 404) }
        await probe.stop()
        return probe.port
    }

    private struct WholeRequests: RequestHandler {
        let answer: @Sendable (PlainRequest) -> Answer

        func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
            .readAndAnswer(limit: 1 << 20) { received in answer(PlainRequest(received)) }
        }

        func refuse(
            _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
        ) -> Answer {
            Answer(status: failure.status)
        }
    }
}

extension PlainRequest {
    init(_ received: ReceivedRequest) {
        var fields: [(name: String, value: String)] = []
        received.head.fields.forEach { name, value in
            fields.append((name: name, value: String(decoding: value, as: UTF8.self)))
        }
        self.init(
            method: received.head.method,
            path: String(decoding: received.head.path, as: UTF8.self),
            query: received.head.query.map { String(decoding: $0, as: UTF8.self) } ?? "",
            fields: fields, body: received.body)
    }
}
