package import Federation
package import Transport

/// What came of asking a peer for something.
package enum PeerFetch: Sendable {
    /// An answer with this status; the body is whole.
    case answered(status: Int, body: [UInt8])
    /// The host answered, and what it says is not taken: a redirect elsewhere, an answer that is too long
    /// or breaks a rule; the text is for the log.
    case unusable(String)
    /// No answer; the text is for the log.
    case failed(String)
}

/// How the directory asks: one GET of an https URL, at most two redirects on the same host (what is at
/// `/.well-known` is often redirected into `/index.php`), never an address that the guard refuses.
package typealias PeerFetcher =
    @Sendable (_ host: PeerHost, _ url: String, _ acquaintance: Acquaintance) async -> PeerFetch

/// A peer's discovery document, or the knowledge that it has none.
package enum PeerDocument: Sendable {
    case published(DiscoveryDocument)
    /// The host answers and shows no document at any of its places.
    case absent
}

/// Finds a peer's discovery document at whichever of its places has it (`protocol.md` 2).
struct PeerDocumentFetch: Sendable {
    let fetch: PeerFetcher
    let acquaintance: Acquaintance

    /// The document, and which of the places has it; nil when the host cannot be reached, or shows none
    /// and one of its places told nothing or has one that cannot be read, so that absence and ignorance
    /// are never mixed up. The failure is why the document, or that of a place before it, was not had.
    func document(
        of host: PeerHost
    ) async -> (document: PeerDocument?, place: Int, failure: String) {
        var failure = ""
        // Says more than what the places behind it answer.
        var broken: String?
        var answered = false
        for (place, path) in Self.places.enumerated() {
            switch await fetch(host, host.origin + path, acquaintance) {
            case .failed(let reason):
                // A host that cannot be reached at one place cannot be reached at the next.
                if !answered { return (nil, place, reason) }
                failure = reason
            case .unusable(let reason):
                // A sign-on page before one place does not hide the next (`protocol.md` 8.2).
                answered = true
                broken = broken ?? "\(reason) at \(path)"
            case .answered(let status, let body):
                answered = true
                if Self.tellsNothing(status) {
                    failure = "status \(status) at \(path)"
                    continue
                }
                guard status == 200 else { continue }
                do throws(DiscoveryDocument.Failure) {
                    let document = try DiscoveryDocument(parsing: body)
                    return (.published(document), place, broken ?? failure)
                } catch {
                    // A login page with status 200 is no document (`protocol.md` 8.2).
                    guard error.isOfDocument(body) else { continue }
                    broken = broken ?? "the document at \(path) cannot be read: \(error)"
                }
            }
        }
        failure = broken ?? failure
        return (failure.isEmpty ? .absent : nil, Self.places.count, failure)
    }

    /// Whether a status says neither that there is something nor that there is nothing: a server in
    /// trouble, one that has had too many questions, one that will not tell.
    static func tellsNothing(_ status: Int) -> Bool {
        status >= 500 || [401, 403, 408, 425, 429].contains(status)
    }

    private static let places = ["/.well-known/ocm", "/ocm-provider/", "/ocm-provider"]
}
