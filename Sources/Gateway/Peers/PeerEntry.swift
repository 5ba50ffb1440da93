import Federation

/// What the directory remembers of one host.
struct PeerEntry: Sendable {
    var document: PeerDocument?
    /// Wall time, seconds; of the last fetch that brought a document or showed that there is none.
    var documentAt = 0
    var keys: [PeerKey] = []
    /// Of the last fetch that brought a key set; nil when none ever did.
    var keysAt: Int?
    /// Of the last fetch that failed.
    var failedAt: Int?
    var failure = ""
    var usedAt = 0
}
