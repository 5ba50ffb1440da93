import Federation
import OpenSSL

/// The access token of one share at its peer: what a request is to do, as a state machine without a
/// clock and without a network (`protocol.md` 5).
///
/// Events go in (a request, what came of an exchange, a token that the peer refused), what is to be
/// done comes out. Times are seconds of a clock that never steps.
struct TokenLease: Sendable {
    /// Whether the share can be reached without a token.
    enum Demand: Sendable {
        /// It carries `must-exchange-token`: token only.
        case required
        /// Its sender offers tokens and did not demand them: they are tried, and the permanent secret, as
        /// this `Authorization`, serves when there are none.
        case offered(Secret)
    }

    /// What a request does.
    enum Step: Sendable {
        case use(PeerToken)
        /// The token serves, and the next one is to be asked for beside it.
        case useAndRenew(PeerToken)
        /// Ask for a token, or wait for the one that is asked for.
        case ask
        /// Use the permanent secret, as this `Authorization`.
        case secret(Secret)
        case refuse(ExchangeFailure, retryAfter: Int)
    }

    private var token: PeerToken?
    private var isRenewing = false
    private var failure: ExchangeFailure?
    /// Nobody is asked before.
    private var quietUntil = 0
    /// Before, what refused the exchange has no room.
    private var fullUntil = 0
    /// In a row.
    private var failures = 0
    /// When a token was last refused, or may be tried again after that.
    private var refusedAt: Int?
    /// Tokens refused in a row, each soon after it was given.
    private var refusals = 0

    /// A request needs to get in.
    ///
    /// - Parameter policy: the one in force.
    mutating func next(
        _ demand: Demand, now: Int, under policy: @autoclosure () -> PolicyHashes
    ) -> Step {
        if let token, now < token.expires {
            guard now >= token.renewsAt, now >= quietUntil, !isRenewing else { return .use(token) }
            isRenewing = true
            return .useAndRenew(token)
        }
        guard now < quietUntil, let failure else { return .ask }
        // Another policy may say something else.
        if case .refused(_, _, let known) = failure, known != policy() { return .ask }
        switch demand {
        case .offered(let secret): return .secret(secret)
        case .required:
            return .refuse(failure, retryAfter: max(quietUntil, fullUntil) - now)
        }
    }

    /// The peer gave a token.
    mutating func obtained(_ token: PeerToken) {
        self.token = token
        isRenewing = false
        failure = nil
        failures = 0
        quietUntil = 0
    }

    /// The peer gave none. A token that is still good stays in use.
    mutating func failed(_ failure: ExchangeFailure, now: Int) {
        isRenewing = false
        self.failure = failure
        failures += 1
        quietUntil = now + failure.pause(after: failures)
        fullUntil = now + (failure.roomAfter ?? 0)
        switch failure {
        // What the peer said of the code holds for the tokens that were made from it.
        case .grantRefused: token = nil
        case .clientRefused, .unreachable, .unusable, .nowhere, .tokenRefused, .refused, .denied:
            break
        }
    }

    /// The peer did not take the token. Another one is asked for; when that is refused soon after as
    /// well, it is no use to go on at once.
    mutating func refused(_ token: PeerToken, now: Int) {
        guard self.token === token else { return }
        self.token = nil
        if let refusedAt, now - refusedAt < Self.suspicious {
            refusals += 1
            failure = .tokenRefused
            fullUntil = 0
            quietUntil = now + ExchangeFailure.tokenRefused.pause(after: refusals)
            self.refusedAt = quietUntil
        } else {
            refusals = 0
            refusedAt = now
        }
    }

    /// Seconds between two refused tokens that are no coincidence.
    private static let suspicious = 60
}

/// Why there is no token for a share.
enum ExchangeFailure: Error, Sendable, Equatable {
    /// `invalid_grant`: the code is no longer good.
    case grantRefused
    /// It takes no codes from us. The text is for the log.
    case clientRefused(String)
    /// The text is for the log.
    case unreachable(String)
    /// The answer cannot be read. The text is for the log, and the peer may have said after how many seconds
    /// to ask again.
    case unusable(String, retryAfter: Int? = nil)
    /// The peer names no token endpoint of its own.
    case nowhere
    /// Tokens that it gave it does not take.
    case tokenRefused
    /// We do not ask: this policy is against it, by this decision.
    case refused(Denial, decision: String, under: PolicyHashes)
    /// We do not ask: we cannot sign, or write down that we do.
    case denied(Denial)

    /// Seconds after which the policy may say something else, where it says so.
    var roomAfter: Int? {
        switch self {
        case .refused(let denial, _, _): denial.retryAfter
        case .grantRefused, .clientRefused, .unreachable, .unusable, .nowhere, .tokenRefused,
            .denied:
            nil
        }
    }

    /// Seconds for which nobody is asked, after so many failures in a row; a minute at most.
    func pause(after failures: Int) -> Int {
        if let roomAfter { return min(60, roomAfter) }
        let usual = min(60, 5 << min(failures - 1, 4))
        return switch self {
        case .grantRefused: 60
        case .unusable(_, let wanted): max(usual, min(60, wanted ?? 0))
        case .clientRefused, .nowhere, .tokenRefused, .refused, .denied: usual
        case .unreachable: min(30, 1 << min(failures, 5))
        }
    }
}
