import Synchronization

@testable import Transport

/// A backend on loopback that answers what it is told, and remembers what it was asked.
final class TestBackend: RequestHandler {
    private let state = Mutex<(status: Int, body: String, seen: [String])>((404, "", []))
    private let clients = Mutex<[String]>([])
    private let isHung = Mutex(false)
    private let meanwhile = Mutex<(@Sendable () -> Void)?>(nil)

    /// By which it would log somebody in, or answer in part.
    private static let noted = [
        "authorization", "cookie", "authorization-app-api", "ocm-token", "x-access-token", "range",
        "if-range",
    ].map { FieldName($0) }

    /// Status and body of every answer from now on.
    func answers(_ status: Int, _ body: String = "") {
        state.withLock { ($0.status, $0.body) = (status, body) }
    }

    /// Whether it answers nothing from now on.
    func hangs(_ isHung: Bool = true) { self.isHung.withLock { $0 = isHung } }

    /// What happens while it is asked, from now on.
    func does(_ something: @escaping @Sendable () -> Void) {
        meanwhile.withLock { $0 = something }
    }

    /// Method, path, credentials and range of each request since the last call.
    func take() -> [String] {
        state.withLock { state in
            defer { state.seen = [] }
            return state.seen
        }
    }

    /// For whom each request since the last call was, as it said itself; `-` for nobody.
    func takeClients() -> [String] {
        clients.withLock { clients in
            defer { clients = [] }
            return clients
        }
    }

    func plan(_ head: RequestHead, from client: ClientConnection) -> Plan {
        let path = String(decoding: head.path, as: UTF8.self)
        let shown = Self.noted.compactMap { head.fields.text($0) }
        let credential = shown.isEmpty ? "-" : shown.joined(separator: " ")
        clients.withLock { $0.append(head.fields.text(FieldName("x-forwarded-for")) ?? "-") }
        let (status, body) = state.withLock { state in
            state.seen.append("\(head.method.rawValue) \(path) \(credential)")
            return (state.status, state.body)
        }
        meanwhile.withLock { $0 }?()
        if isHung.withLock({ $0 }) {
            return .prepare { _ in
                // Longer than any test.
                try? await Task.sleep(for: .seconds(3600))
                return .answer(Answer(status: 503))
            }
        }
        return .answer(Answer(status: status, body: Array(body.utf8)))
    }

    func refuse(
        _ failure: RequestFailure, of start: RequestStart, from client: ClientConnection
    ) -> Answer {
        Answer(status: failure.status)
    }
}
