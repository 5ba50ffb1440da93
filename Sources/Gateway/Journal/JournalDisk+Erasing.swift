/// Who is forgotten.
///
/// The key is deleted first: the chain says nothing that then cannot be done. That the line is owed is
/// written with the deletion, so that a process which ends in between leaves it to the next one.
extension JournalDisk {
    /// Forgets a subject. Nil when nothing is written of it.
    ///
    /// Refused: `JournalFailure.full`; `JournalFailure.blocked` when the keys cannot be used;
    /// `JournalFailure.copied` when it is done, but for a copy on the disk.
    func erase(_ subject: JournalErasure, _ time: Int) throws -> JournalPseudonym? {
        try subjects.flush(day)
        if let failure = subjects.blocked { throw failure }
        guard hasOwnRoom(Self.ownLine) else { throw JournalFailure.full }
        let pseudonym: JournalPseudonym?
        // What cannot be read leaves all as it is: recording goes on.
        do {
            switch subject {
            case .subject(let subject): pseudonym = try subjects.pseudonym(of: subject)
            case .pseudonym(let name): pseudonym = try subjects.contains(name) ? name : nil
            }
        } catch { throw JournalFailure.blocked }
        guard let pseudonym else { return nil }
        try subjects.forget(pseudonym)
        try append(erased: pseudonym, time)
        try commit()
        subjects.settle([pseudonym])
        try subjects.fold()
        if subjects.hasLeftovers { throw JournalFailure.copied }
        return pseudonym
    }

    /// Writes the lines of those whom a process before has forgotten and did not come to tell. Without room
    /// they are left to the next start.
    ///
    /// - Parameter last: whom the last line tells.
    func tellErased(but last: JournalPseudonym?, _ time: Int) throws {
        let owed = try subjects.erased()
        guard !owed.isEmpty, hasRoom(owed.count * Self.ownLine) else { return }
        for pseudonym in owed where pseudonym != last { try append(erased: pseudonym, time) }
        try commit()
        subjects.settle(owed)
    }

    private func append(erased pseudonym: JournalPseudonym, _ time: Int) throws {
        try append(.erased, time) { $0.add("subject", pseudonym.description) }
    }
}
