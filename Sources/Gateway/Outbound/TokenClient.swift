import OpenSSL
import Synchronization

/// Access tokens for the shares of peers: asked for when first needed, kept in memory for their
/// life, renewed before its end, by one exchange at a time for a share.
///
/// `TokenLease` decides; here are the table and the tasks. A share that is over is the caller's to
/// see: it asks the registry for every request.
final class TokenClient: Sendable, Redacted {
    /// One way of one share.
    struct Name: Hashable, Sendable {
        let share: ShareID
        let place: Int
    }

    /// The state of the token of one share, so that a request that knows it needs no table.
    final class Lease: Sendable {
        let name: Name
        private let policy: @Sendable () -> PolicyHashes
        private let state = Mutex(TokenLease())

        fileprivate init(_ name: Name, _ policy: @escaping @Sendable () -> PolicyHashes) {
            self.name = name
            self.policy = policy
        }

        func next(_ demand: TokenLease.Demand, now: Int) -> TokenLease.Step {
            state.withLock { $0.next(demand, now: now, under: policy()) }
        }

        /// The peer did not take the token.
        func refused(_ token: PeerToken, now: Int) {
            state.withLock { $0.refused(token, now: now) }
        }

        fileprivate func obtained(_ token: PeerToken) { state.withLock { $0.obtained(token) } }

        fileprivate func failed(_ failure: ExchangeFailure, now: Int) {
            state.withLock { $0.failed(failure, now: now) }
        }
    }

    /// Asks the peer once.
    typealias Exchange = @Sendable () async -> Result<PeerToken, ExchangeFailure>

    private let leases = Mutex<[Name: Lease]>([:])
    private let flights = SingleFlight<Name, Void>()
    private let now: @Sendable () -> Int
    private let policy: @Sendable () -> PolicyHashes

    /// - Parameters:
    ///   - now: seconds of a clock that never steps.
    ///   - policy: the one in force.
    init(
        now: @escaping @Sendable () -> Int, policy: @escaping @Sendable () -> PolicyHashes
    ) {
        self.now = now
        self.policy = policy
    }

    /// The state of the token of a share.
    func lease(of share: ShareID, place: Int) -> Lease {
        let name = Name(share: share, place: place)
        return leases.withLock { leases in
            if let known = leases[name] { return known }
            // Starting anew is rare; those in use live on with who uses them.
            if leases.count >= Self.most { leases.removeAll(keepingCapacity: true) }
            let made = Lease(name, policy)
            leases[name] = made
            return made
        }
    }

    /// What to do once a token was asked for; waits for it. Never `ask`.
    func obtain(
        _ lease: Lease, _ demand: TokenLease.Demand, _ exchange: @escaping Exchange
    ) async -> TokenLease.Step {
        await asked(lease, demand, exchange)
        switch lease.next(demand, now: now()) {
        case .ask: return .refuse(.unusable("a token of no life"), retryAfter: 1)
        case let step: return step
        }
    }

    /// Asks for the next token; nobody waits.
    func renew(_ lease: Lease, _ exchange: @escaping Exchange) {
        Task { await flights.result(for: lease.name) { [self] in await ask(lease, exchange) } }
    }

    /// Who comes after an exchange has ended may find that there is nothing to ask any more.
    private func asked(
        _ lease: Lease, _ demand: TokenLease.Demand, _ exchange: @escaping Exchange
    ) async {
        await flights.result(for: lease.name) { [self] in
            switch lease.next(demand, now: now()) {
            case .use, .secret, .refuse: return
            case .ask, .useAndRenew: await ask(lease, exchange)
            }
        }
    }

    private func ask(_ lease: Lease, _ exchange: Exchange) async {
        switch await exchange() {
        case .success(let token): lease.obtained(token)
        case .failure(let failure): lease.failed(failure, now: now())
        }
    }

    private static let most = 10_000
}
