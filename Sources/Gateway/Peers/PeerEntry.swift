import Federation
import Transport

/// What the directory remembers of one host. Times are seconds of a clock that never steps.
struct PeerEntry: Sendable {
    var document: PeerDocument? { didSet { weightOfDocument = document?.weight ?? 0 } }
    private var weightOfDocument = 0
    /// Of the last fetch that brought a document or showed that there is none.
    var documentAt = 0
    /// Which of the host's places had the document.
    var documentPlace = 0
    /// Those of `keysAt`, less what a document showed no more since; of the document alone before a key set
    /// was looked for.
    private(set) var keys: [PeerKey] = []
    /// Keys that the host no longer shows, the last ones: they verify nothing, and only tell why a
    /// signature fails.
    private(set) var previous: [PeerKey] = []
    /// What the last key set showed beside them.
    var unusable: [UnusableKey] = []
    /// Of the last fetch that brought a key set or showed that there is none; nil when none ever did.
    var keysAt: Int?
    /// Of the last fetch that failed.
    var failedAt: Int?
    var failure = ""
    /// What the host told of its document then.
    var silence = DocumentSilence.trouble
    var usedAt = 0
    /// Seconds by which what was fetched ages sooner, so that hosts first asked together are not
    /// asked again together (security design, item 103).
    var jitter = 0

    /// Whether a list named the host when it was last asked.
    var acquaintance = Acquaintance.stranger
    /// Bytes that it takes, about.
    var weight: Int {
        (keys.count + previous.count) * Self.weightOfKey + unusable.count * 1024 + weightOfDocument
    }

    /// Whether the host has ever answered.
    var hasAnswered: Bool { document != nil || keysAt != nil }

    /// Whether the host's document is not replaced by what it shows now, but gone: that is none, or one
    /// behind its place which names no signatures though this one did.
    func hasLostDocument(to shown: PeerDocument, at place: Int) -> Bool {
        guard case .published(let document)? = document else { return false }
        switch shown {
        case .absent: return true
        case .published(let other):
            return place > documentPlace && document.advertisesSignatures
                && !other.advertisesSignatures
        }
    }

    /// A document came without the key set of its moment: what it shows no more is dead, and what it shows
    /// newly waits for that set, so that no key of an older one stands beside it.
    mutating func show(inNewDocument shown: [PeerKey]) {
        guard keysAt != nil else { return show(shown) }
        show(keys.filter { $0.source != .discovery || shown.contains($0) })
    }

    /// What is shown now takes the place of what was.
    mutating func show(_ shown: [PeerKey]) {
        let gone = keys.filter { !shown.contains($0) }
        let kept = previous.filter { !shown.contains($0) && !gone.contains($0) }
        previous = Array((gone + kept).prefix(Self.previousLimit))
        keys = shown
    }

    private static let previousLimit = 4
    /// A key as OpenSSL has it, with its name: by measurement some 11 KiB with RSA of 4096 bits.
    private static let weightOfKey = 12 << 10
}

extension PeerDocument {
    /// Bytes that it takes, about: it is kept as values, which are larger than their text.
    var weight: Int {
        guard case .published(let document) = self else { return 0 }
        return JSONValue.object(document.source).serialized().count * 4
    }
}
