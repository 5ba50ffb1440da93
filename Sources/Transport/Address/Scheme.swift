/// The two schemes that are spoken here.
package enum Scheme: String, Sendable, Hashable {
    case http
    case https

    package var defaultPort: UInt16 {
        switch self {
        case .http: return 80
        case .https: return 443
        }
    }

    /// Schemes compare without case (RFC 3986, section 3.1).
    init?(_ text: Span<UInt8>) {
        if text.equalsIgnoringCase(Self.httpBytes) {
            self = .http
        } else if text.equalsIgnoringCase(Self.httpsBytes) {
            self = .https
        } else {
            return nil
        }
    }

    private static let httpBytes = Array("http".utf8)
    private static let httpsBytes = Array("https".utf8)
}
