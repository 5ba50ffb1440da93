/// What the lists say of a peer, found before anything is fetched from it.
package struct Standing: Sendable, Equatable {
    package enum Word: String, Sendable, CaseIterable {
        case allow
        case block
        /// On no list.
        case unknown
    }

    package let word: Word
    /// The entry that decided; nil when the peer is on no list.
    package let entry: ListEntry?
    /// The list of that entry.
    package let list: String?
    /// All lists that name the peer, by their place in the policy.
    let memberships: [Int]
    /// Whether a list of format `ocm-directory` that allows is among these.
    let isInDirectory: Bool
    /// `list:NAME` or `unknown`.
    package let by: String
    /// The refusal, when the policy enforces one. Under `deny` nothing may then be fetched from the
    /// peer; under `hold` its signature may still be verified, so that the person who decides knows
    /// who asks.
    package let refusal: Refusal?
    /// What the policy would refuse, were it enforced.
    package let would: String?
    /// Lists that were never loaded, by their place: nobody knows whether the peer is on them.
    var uncertain: [Int] = []
    /// The list of blocks that was never loaded and could refuse the peer; then `by` is this one.
    package var waitsFor: String?

    /// Whether a list refuses the peer, or one that was never loaded could.
    package var isBlocked: Bool { refusal != nil && (word == .block || waitsFor != nil) }

    /// The refusal as the phases throw it, or nil when the peer is admitted to the next check.
    package var denial: Denial? { refusal?.denial(by: by) }
}
