/// What is known of a server before it is asked.
package enum Acquaintance: Sendable, Hashable {
    /// A list of the operator's names it, or it has signed a message that was taken.
    case known
    /// Anybody can invent such hosts, so they may not use up what the others need.
    case stranger
}
