/// The ways of signing in the field, the oldest first.
package enum SignatureGeneration: Int, Sendable, CaseIterable, Comparable {
    /// Unsigned.
    case none = 0
    /// draft-cavage-http-signatures-12.
    case cavage = 1
    /// RFC 9421 with the label `ocm`.
    case label = 2
    /// RFC 9421 with `tag="ocm"`.
    case tag = 3

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    package var name: String {
        switch self {
        case .none: "none"
        case .cavage: "cavage"
        case .label: "rfc9421-label"
        case .tag: "rfc9421-tag"
        }
    }
}
