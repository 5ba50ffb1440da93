import Federation
import OpenSSL

/// An access token that a peer gave us for one share.
///
/// Compared by identity: the one that a peer refused is given up, not one that came since.
final class PeerToken: Sendable, Redacted {
    /// The value of `Authorization`.
    let field: String
    /// When the next one is to be asked for, at four fifths of its life; seconds of a clock that
    /// never steps.
    let renewsAt: Int
    /// From then on it is no good; seconds of the same clock.
    let expires: Int

    /// - Parameters:
    ///   - asked: when the request for it began, so that it is never thought younger than it is.
    ///   - lifetime: seconds.
    init(_ token: Secret, asked: Int, lifetime: Int) {
        field = "Bearer \(token.text)"
        renewsAt = asked + lifetime * 4 / 5
        expires = asked + lifetime
    }
}
