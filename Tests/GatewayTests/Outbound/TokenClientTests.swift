import OpenSSL
import Synchronization
import Testing

@testable import Gateway

@Suite struct TokenClientTests {
    private let clock = TestClock()
    private let client: TokenClient
    private let lease: TokenClient.Lease
    private let peer = Peer()

    init() {
        let clock = clock
        client = TokenClient(
            now: { clock.seconds }, policy: { PolicyHashes(text: "one", lists: nil) })
        lease = client.lease(of: ShareID(number: 7), place: 0)
    }

    private func obtain(_ demand: TokenLease.Demand = .required) async -> String {
        let (peer, clock) = (peer, clock)
        let step = await client.obtain(lease, demand) { await peer.exchange(clock.seconds) }
        return step.text
    }

    @Test func aTokenIsAskedForOnce() async {
        #expect(await obtain() == "Bearer token-1")
        #expect(await obtain() == "Bearer token-1")
        #expect(lease.next(.required, now: clock.seconds).text == "Bearer token-1")
        #expect(peer.asked == 1)
    }

    @Test func whoComesMeanwhileWaitsForTheSameToken() async {
        peer.hold()
        async let first = obtain()
        async let second = obtain()
        async let third = obtain()
        while peer.asked == 0 { await Task.yield() }
        peer.release()
        #expect(await [first, second, third] == Array(repeating: "Bearer token-1", count: 3))
        #expect(peer.asked == 1)
    }

    @Test func anOldTokenIsRenewedBesideItsUse() async {
        #expect(await obtain() == "Bearer token-1")
        clock.pass(250)
        let step = lease.next(.required, now: clock.seconds)
        guard case .useAndRenew(let token) = step else {
            Issue.record("\(step)")
            return
        }
        #expect(token.field == "Bearer token-1")
        let (peer, clock) = (peer, clock)
        client.renew(lease) { await peer.exchange(clock.seconds) }
        while lease.next(.required, now: clock.seconds).text == "Bearer token-1" {
            await Task.yield()
        }
        #expect(await obtain() == "Bearer token-2")
    }

    @Test func aPeerThatFailsIsLeftAloneForAWhile() async {
        peer.fail(.unreachable("connect"))
        #expect(await obtain() == "refused")
        #expect(await obtain() == "refused")
        #expect(await obtain(.offered(Secret(utf8: "secret"))) == "secret")
        #expect(peer.asked == 1)
        clock.pass(2)
        #expect(await obtain() == "refused")
        #expect(peer.asked == 2)
    }

    @Test func theSharesOfAPeerDoNotShareATokenOrAFailure() async {
        peer.fail(.grantRefused)
        #expect(await obtain() == "refused")
        peer.fail(nil)
        let other = client.lease(of: ShareID(number: 7), place: 1)
        let (peer, clock) = (peer, clock)
        let step = await client.obtain(other, .required) { await peer.exchange(clock.seconds) }
        #expect(step.text == "Bearer token-2")
        #expect(client.lease(of: ShareID(number: 7), place: 1) === other)
    }

    /// A peer's token endpoint.
    private final class Peer: Sendable {
        private struct State {
            var asked = 0
            var failure: ExchangeFailure?
            var isHeld = false
            var gate: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        var asked: Int { state.withLock { $0.asked } }

        func fail(_ failure: ExchangeFailure?) { state.withLock { $0.failure = failure } }

        func hold() { state.withLock { $0.isHeld = true } }

        func release() {
            let waiting = state.withLock { state in
                state.isHeld = false
                defer { state.gate = [] }
                return state.gate
            }
            for continuation in waiting { continuation.resume() }
        }

        func exchange(_ now: Int) async -> Result<PeerToken, ExchangeFailure> {
            let number = state.withLock { state in
                state.asked += 1
                return state.asked
            }
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.isHeld { state.gate.append(continuation) }
                    return !state.isHeld
                }
                if goesOn { continuation.resume() }
            }
            if let failure = state.withLock({ $0.failure }) { return .failure(failure) }
            return .success(
                PeerToken(Secret(utf8: "token-\(number)"), asked: now, lifetime: 300))
        }
    }
}

extension TokenLease.Step {
    fileprivate var text: String {
        switch self {
        case .use(let token), .useAndRenew(let token): token.field
        case .ask: "ask"
        case .secret: "secret"
        case .refuse: "refused"
        }
    }
}
