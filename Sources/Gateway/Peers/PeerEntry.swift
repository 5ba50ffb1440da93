import Federation

/// What the directory remembers of one host. Times are seconds of a clock that never steps.
struct PeerEntry: Sendable {
    var document: PeerDocument?
    /// Of the last fetch that brought a document or showed that there is none.
    var documentAt = 0
    var keys: [PeerKey] = []
    /// Of the last fetch that brought a key set; nil when none ever did.
    var keysAt: Int?
    /// Of the last fetch that failed.
    var failedAt: Int?
    var failure = ""
    var usedAt = 0
    /// Seconds by which what was fetched ages sooner, so that hosts first asked together are not
    /// asked again together (security design, item 103).
    var jitter = 0

    /// Whether the host has ever answered.
    var hasAnswered: Bool { document != nil || keysAt != nil }
}
