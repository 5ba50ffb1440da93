/// What of a request's body may still be sent to an upstream: what the head has declared (RFC 9112, section
/// 6.3), and no byte more, whatever went wrong on the way. Bytes beyond it would be read as another request.
struct BodyAllowance: Sendable {
    /// Nil where the body says itself where it ends.
    private var left: Int?

    /// For a tunnel, or where the frames of the body limit it.
    static let unlimited = BodyAllowance(.chunked)

    init(_ framing: BodyFraming) {
        switch framing {
        case .none: left = 0
        case .length(let length): left = length
        case .chunked: left = nil
        }
    }

    /// Counts bytes that are about to be sent; false, and nothing is counted, when they are more than
    /// was declared.
    mutating func take(_ count: Int) -> Bool {
        guard let left else { return true }
        guard count <= left else { return false }
        self.left = left - count
        return true
    }

    /// Whether the body may end here.
    var isSpent: Bool { left == nil || left == 0 }
}
