import Synchronization

@testable import Gateway

/// What answers when the gateway asks peers: a page per URL, and a list of all that was asked.
final class TestNet: Sendable {
    private struct State {
        var pages: [String: PeerFetch] = [:]
        var asked: [String] = []
        var gate: [CheckedContinuation<Void, Never>] = []
        var isHeld = false
    }

    private let state = Mutex(State())

    /// Every URL that was asked, in order.
    var asked: [String] { state.withLock { $0.asked } }

    func forget() { state.withLock { $0.asked = [] } }

    func answer(_ url: String, _ status: Int, _ body: String) {
        state.withLock { $0.pages[url] = .answered(status: status, body: Array(body.utf8)) }
    }

    func fail(_ url: String) { state.withLock { $0.pages[url] = .failed("connect") } }

    /// There is no connection to be had here.
    func isBusy(_ url: String) { state.withLock { $0.pages[url] = .notAsked("busy") } }

    /// A redirect elsewhere, or an answer that is too long.
    func isUnusable(_ url: String, isElsewhere: Bool = true) {
        state.withLock {
            $0.pages[url] = .unusable(
                isElsewhere ? "redirect" : "too_large", isElsewhere: isElsewhere)
        }
    }

    /// All pages of a host fail, or are no more.
    func lose(_ host: String) {
        state.withLock { state in
            for url in state.pages.keys where url.hasPrefix("https://\(host)/") {
                state.pages[url] = .failed("connect")
            }
        }
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

    func fetch(_ url: String) async -> PeerFetch {
        await withCheckedContinuation { continuation in
            let goesOn = state.withLock { state in
                state.asked.append(url)
                if state.isHeld { state.gate.append(continuation) }
                return !state.isHeld
            }
            if goesOn { continuation.resume() }
        }
        return state.withLock { $0.pages[url] } ?? .answered(status: 404, body: [])
    }
}
