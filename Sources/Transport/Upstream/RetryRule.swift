/// When a request may be sent a second time (RFC 9112, section 9.3.1).
///
/// A kept connection may be closed by its server at the moment it is used again. Only then, only
/// when no byte of an answer came, only for a safe method without a body, and only once.
enum RetryRule {
    /// What happened on the connection.
    struct Attempt: Sendable {
        var connection: Connection
        var answer: Reply
        var method: Method
        var body: BodyFraming
    }

    /// Whether it was made for the request, or had carried others before.
    enum Connection: Sendable { case fresh, reused }
    /// Whether a byte of the answer has come.
    enum Reply: Sendable { case none, begun }
    /// Whether it is sent once more.
    enum Verdict: Sendable, Equatable { case retry, fail }

    static func judge(_ attempt: Attempt, _ failure: UpstreamFailure) -> Verdict {
        guard failure == .closedEarly, attempt.connection == .reused, attempt.answer == .none,
            attempt.body == .none, attempt.method.isSafe
        else { return .fail }
        return .retry
    }

    /// Whether a request for which no second attempt is allowed should be kept off connections
    /// that have been unused for a while, since their server may just be closing them.
    static func wantsFreshConnection(_ method: Method, _ body: BodyFraming) -> Bool {
        !(body == .none && method.isSafe)
    }
}
