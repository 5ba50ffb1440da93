import Federation

/// What is done to the journal from outside, beside recording.
extension Journal {
    /// Writes that another policy is in force. Records around this line may be of messages that
    /// began under the other one; each names its own.
    func tellPolicy(was: PolicyHashes, now: PolicyHashes) async throws(Denial) {
        if case .failed(let failure) = await submit(.policy(was: was, now: now)) {
            throw failure.denial
        }
    }

    /// Whom an erasure means; nil when it says a pseudonym that none of these has.
    func subject(
        _ erasure: JournalErasure, among subjects: Set<JournalSubject>
    ) throws -> JournalSubject? { try erasure.subject(among: subjects, folder, seal) }

    /// Forgets a subject; its pseudonym, or nil when nothing is written of it.
    func erase(_ subject: JournalErasure) async throws(Denial) -> JournalPseudonym? {
        switch await submit(.erase(subject)) {
        case .erased(let pseudonym): return pseudonym
        case .failed(let failure): throw failure.denial
        case .done: return nil
        }
    }
}
