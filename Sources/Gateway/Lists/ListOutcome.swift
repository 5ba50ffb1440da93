/// What came of asking for a list, or of putting its draft in force.
package struct ListOutcome: Sendable, Codable, Equatable {
    /// What came of it.
    package enum Word: String, Sendable, Codable {
        /// What is known still holds.
        case unchanged
        /// Something of it is in force that was not before.
        case taken
        /// The new version, or a part of it, waits for a person.
        case waits
        /// What is known stays.
        case failed
    }

    package let list: String
    package let word: Word
    /// Why it failed, or waits.
    package var reason: String?
    /// Entries in force; nil while there are none because it was never loaded.
    package var count: Int?
    /// From what was in force to the new version, in words.
    package var change: String?
    /// Whether what is in force has changed, so that the policy has to take it.
    package var isInForce = false
}
