import Synchronization

/// Whether an upstream answers, as far as all loops together have seen, and who is told when that
/// changes.
package final class UpstreamHealth: Sendable {
    private let breaker: Mutex<CircuitBreaker>
    /// As the breaker's, for requests to look at: while the server answers, nobody waits for a lock.
    private let isCalm = Atomic<Bool>(true)
    /// When it last answered anybody, in milliseconds of `LoopTime`; written once a tick at most.
    private let lastAnswer = Atomic<Int>(.min)
    private let onChange: @Sendable (Change) -> Void

    /// What has come to be known.
    package enum Change: Sendable, Equatable {
        /// Requests are refused from now on; this was the last failure.
        case suspended(UpstreamFailure)
        case resumed
    }

    package convenience init(onChange: @escaping @Sendable (Change) -> Void) {
        self.init(CircuitBreaker.Terms(), onChange: onChange)
    }

    init(
        _ terms: CircuitBreaker.Terms, onChange: @escaping @Sendable (Change) -> Void
    ) {
        breaker = Mutex(CircuitBreaker(terms))
        self.onChange = onChange
    }

    /// Whether nothing is known against it: the server answers, or has not been asked.
    package var isGood: Bool { isCalm.load(ordering: .relaxed) }

    func admit(at now: LoopTime, mayTry: Bool = true) -> CircuitBreaker.Admission {
        if isCalm.load(ordering: .relaxed) { return .admitted }
        return breaker.withLock { $0.admit(at: now, mayTry: mayTry) }
    }

    func answered(at now: LoopTime) {
        let milliseconds = now.milliseconds(since: LoopTime(milliseconds: 0))
        if lastAnswer.load(ordering: .relaxed) < milliseconds {
            lastAnswer.store(milliseconds, ordering: .relaxed)
        }
        if isCalm.load(ordering: .relaxed) { return }
        change(nil) { $0.answered() }
    }

    /// Counts `failure`, when it is one of a server that gives no answers.
    ///
    /// - Parameter span: how long the request was waited for. One page that takes long says nothing of a
    ///   server that has answered others meanwhile. Nil where it was not even connected to.
    func failed(_ failure: UpstreamFailure, at now: LoopTime, silentFor span: LoopSpan? = nil) {
        guard failure.isSilence else { return }
        if let span {
            let last = LoopTime(milliseconds: lastAnswer.load(ordering: .relaxed))
            guard last + span < now else { return }
        }
        change(failure) { $0.failed(at: now) }
    }

    /// What happened is told before anything else can happen: of two threads the second could else be heard first.
    private func change(
        _ failure: UpstreamFailure?,
        _ happens: (inout CircuitBreaker) -> CircuitBreaker.Change?
    ) {
        breaker.withLock { breaker in
            let change = happens(&breaker)
            isCalm.store(breaker.isCalm, ordering: .relaxed)
            switch (change, failure) {
            case (.opened, .some(let failure)): onChange(.suspended(failure))
            case (.closed, _): onChange(.resumed)
            case (.opened, nil), (nil, _): break
            }
        }
    }
}

extension UpstreamFailure {
    /// Whether it means that the server gives no answers at all, whatever is asked.
    fileprivate var isSilence: Bool {
        switch self {
        case .unresolved, .connectRefused, .connectTimeout, .tls, .firstByteTimeout, .deadline: true
        case .addressRefused, .busy, .clientBusy, .suspended, .closedEarly, .truncated,
            .idleTimeout, .malformed, .interimFlood, .switchedProtocols, .untransformable,
            .proxyRefused, .bodyLength, .tooLarge, .shutdown:
            false
        }
    }
}
