package import Federation
package import Transport

/// What came of asking a peer for something.
package enum PeerFetch: Sendable {
    /// An answer with this status; the body is whole.
    case answered(status: Int, body: [UInt8])
    /// The host answered, and what it says is not taken: a redirect elsewhere (`isElsewhere`), an answer
    /// that is too long or breaks a rule; the text is for the log.
    case unusable(String, isElsewhere: Bool)
    /// No answer; the text is for the log.
    case failed(String)
    /// Something was wanting here, which says nothing of the host; the text is for the log.
    case notAsked(String)
}

/// How the directory asks: one GET of an https URL, at most two redirects on the same host (what is at
/// `/.well-known` is often redirected into `/index.php`), never an address that the guard refuses.
package typealias PeerFetcher =
    @Sendable (_ host: PeerHost, _ url: String, _ acquaintance: Acquaintance) async -> PeerFetch

/// A peer's discovery document, or the knowledge that it has none.
package enum PeerDocument: Sendable {
    indirect case published(DiscoveryDocument)
    /// The host answers and shows no document at any of its places.
    case absent
}

/// What a host has told that shows no document, and of which nobody knows that it has none.
enum DocumentSilence: Sendable {
    /// Nothing: it is in trouble or out of reach, or has a document that cannot be taken or read.
    case trouble
    /// It answers at each of its places, and keeps to itself what is there (401, 403, a redirect elsewhere).
    case withheld
    /// Nothing: it was not asked, for want of something here.
    case notAsked
}

/// Finds a peer's discovery document at whichever of its places has it (`protocol.md` 2).
struct PeerDocumentFetch: Sendable {
    let fetch: PeerFetcher
    let acquaintance: Acquaintance

    /// What there is of a host's document.
    struct Found: Sendable {
        /// Nil when nobody knows.
        let document: PeerDocument?
        /// Which of the places has it.
        let place: Int
        /// Why the document, or that of a place before it, was not had; else empty.
        let failure: String
        let silence: DocumentSilence
    }

    /// Asks each of a host's places until one has the document. There is none in what was found when the host
    /// cannot be reached, or shows none and one of its places told nothing or has one that cannot be read, so
    /// that absence and ignorance are never mixed up.
    func document(of host: PeerHost) async -> Found {
        var failure = ""
        var silence = DocumentSilence.withheld
        // Says more than what the places behind it answer.
        var broken: String?
        var answered = false
        for (place, path) in Self.places.enumerated() {
            switch await fetch(host, host.origin + path, acquaintance) {
            case .failed(let reason):
                // A host that cannot be reached at one place cannot be reached at the next.
                if !answered {
                    return Found(document: nil, place: place, failure: reason, silence: .trouble)
                }
                (failure, silence) = (reason, .trouble)
            case .notAsked(let reason):
                return Found(document: nil, place: place, failure: reason, silence: .notAsked)
            case .unusable(let reason, let isElsewhere):
                // A sign-on page before one place does not hide the next (`protocol.md` 8.2).
                answered = true
                broken = broken ?? "\(reason) at \(path)"
                if !isElsewhere { silence = .trouble }
            case .answered(let status, let body):
                answered = true
                if Self.tellsNothing(status) {
                    failure = "status \(status) at \(path)"
                    if status != 401, status != 403 { silence = .trouble }
                    continue
                }
                guard status == 200 else { continue }
                do throws(DiscoveryDocument.Failure) {
                    return Found(
                        document: .published(try DiscoveryDocument(parsing: body)), place: place,
                        failure: broken ?? failure, silence: silence)
                } catch {
                    // A login page with status 200 is no document (`protocol.md` 8.2).
                    guard error.isOfDocument(body) else { continue }
                    broken = broken ?? "the document at \(path) cannot be read: \(error)"
                    silence = .trouble
                }
            }
        }
        failure = broken ?? failure
        return Found(
            document: failure.isEmpty ? .absent : nil, place: Self.places.count, failure: failure,
            silence: silence)
    }

    /// Whether a status says neither that there is something nor that there is nothing: a server in
    /// trouble, one that has had too many questions, one that will not tell.
    static func tellsNothing(_ status: Int) -> Bool {
        status >= 500 || [401, 403, 408, 425, 429].contains(status)
    }

    private static let places = ["/.well-known/ocm", "/ocm-provider/", "/ocm-provider"]
}
