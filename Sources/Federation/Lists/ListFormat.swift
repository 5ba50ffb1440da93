/// The formats in which lists of hosts come from elsewhere (`policy.md`, downloaded lists).
package enum ListFormat: String, Sendable, CaseIterable {
    /// A pattern a line.
    case text
    /// The columns of Mastodon's domain blocks.
    case csv
    /// Our own: an array of patterns, or of objects with `host`, `until` and `note`.
    case json
    /// The payload of an OCM directory service (draft-ietf-ocm-open-cloud-mesh, appendix C).
    case directory = "ocm-directory"
    /// Reva's `ocmproviders.json`.
    case providers = "ocmproviders"

    /// Where the signature of a signed list is.
    package enum SignaturePlace: Sendable {
        /// The document is a JWS around the list.
        case around
        /// A JWS with detached content (RFC 7515, appendix F) at the list's own URL and `.jws`.
        case beside
    }

    package var signature: SignaturePlace {
        switch self {
        case .directory: .around
        case .text, .csv, .json, .providers: .beside
        }
    }
}
