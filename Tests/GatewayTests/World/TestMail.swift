import Synchronization
import Transport

@testable import Gateway

/// What peers answer to the gateway's messages, and all that was sent.
final class TestMail: Sendable {
    private struct State {
        var sent: [OutboundRequest] = []
        var replies: [Result<PeerReply, FetchFailure>] = []
        var gate: [CheckedContinuation<Void, Never>] = []
        var isHeld = false
    }

    private let state = Mutex(State())

    var sent: [OutboundRequest] { state.withLock { $0.sent } }

    /// The bodies, as text.
    var bodies: [String] { sent.map { String(decoding: $0.body ?? [], as: UTF8.self) } }

    /// The next answers; the last one is given for ever.
    func answer(_ replies: Result<PeerReply, FetchFailure>...) {
        state.withLock { $0.replies = replies }
    }

    func answer(_ status: Int, _ body: String) {
        answer(.success(PeerReply(status: status, body: Array(body.utf8))))
    }

    /// Answers wait until `release`.
    func hold() { state.withLock { $0.isHeld = true } }

    func release() {
        let waiting = state.withLock { state in
            state.isHeld = false
            defer { state.gate = [] }
            return state.gate
        }
        for continuation in waiting { continuation.resume() }
    }

    func send(_ request: OutboundRequest) async -> Result<PeerReply, FetchFailure> {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                state.sent.append(request)
                if state.isHeld { state.gate.append(continuation) }
                return !state.isHeld
            }
            if goesOn { continuation.resume() }
        }
        return state.withLock { state in
            state.replies.count > 1
                ? state.replies.removeFirst()
                : state.replies.first ?? .success(PeerReply(status: 201, body: Array("[]".utf8)))
        }
    }
}
