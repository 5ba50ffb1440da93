import Federation
import Transport

/// A message of the federation as it came in, whole, and not believed in any part.
struct Received: Sendable {
    /// Which of the messages that are judged it is.
    let kind: Kind
    let head: RequestHead
    let body: [UInt8]
    let client: ClientConnection
    /// Wall time of its arrival, seconds.
    let now: Int

    /// Which endpoint it came to.
    enum Kind: Sendable {
        case ocm(OCMEndpoint)
        case token
        /// With the path that it came by, which is the one it goes on by.
        case ocs(OCSCall, TargetPath)

        /// The family of its path.
        var family: RouteFamily {
            switch self {
            case .ocm(let endpoint): .ocm(endpoint)
            case .token: .token
            case .ocs: .ocs
            }
        }

        /// The word of the log.
        var text: String { family.messageKind ?? "" }
    }

    /// The media type of the body; nil for one that no endpoint takes.
    var mediaType: MediaType? { MediaType(head.fields.text(.contentType)) }

    /// The query; nil when there is none. Bytes that are no text are replaced, so that they match
    /// nothing, and never leave a query unjudged.
    var query: String? { head.query.map { String(decoding: $0, as: UTF8.self) } }
}
