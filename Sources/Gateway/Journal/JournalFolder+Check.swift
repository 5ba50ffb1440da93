import Foundation

extension JournalFolder {
    /// Checks the files of a journal as its opening does, and changes nothing; also beside a gateway
    /// that writes it.
    ///
    /// Refused: what opening it refuses, but for a second gateway.
    ///
    /// What comes back is to be said of a state that is older than the journal.
    ///
    /// - Parameter state: the state file, beside which the newest checkpoint is kept.
    @discardableResult
    package static func check(
        _ folder: String, state: String
    ) throws(FileProblem) -> FileProblem? {
        let headFile = JournalHead.file(of: state)
        do {
            // Before the lines: what a gateway that runs has signed is among them already.
            let head = try JournalHead.read(headFile)
            guard PrivateFile.exists(folder) else {
                guard let head else { return nil }
                throw FileProblem(
                    folder, "is not there, but record \(head.seq) was signed",
                    JournalEnd.remedy(headFile))
            }
            let reader = JournalReader(folder)
            let end = try JournalEnd.find(reader, head: head, headFile: headFile)
            try JournalSubjects.check(folder)
            let lock = (folder as NSString).appendingPathComponent(lockName)
            let newest = try reader.days().last.map { reader.file(of: $0) }
            for file in [lock, newest].compactMap(\.self) where PrivateFile.exists(file) {
                guard FileManager.default.isWritableFile(atPath: file) else {
                    throw FileProblem(
                        file, "this user may not write to it",
                        "run this as the gateway's user, or give it the file")
                }
            }
            // A gateway that runs may have signed meanwhile.
            return try JournalHead.read(headFile) == head ? end.older : nil
        } catch let error as FileProblem {
            throw error
        } catch { throw FileProblem(folder, "cannot be read: \(error)") }
    }

    /// What is to be said of a newest file that is of a day far off; nil of any other.
    ///
    /// - Parameters:
    ///   - keep: days that are kept.
    ///   - state: the state file, beside which the newest checkpoint is kept.
    ///   - now: Unix seconds.
    package static func farOff(
        _ folder: String, keep: Int, state: String, now: Int
    ) -> FileProblem? {
        let reader = JournalReader(folder)
        // What cannot be read is told by `check`.
        guard let newest = (try? reader.days())?.last else { return nil }
        return FileProblem(
            farOff: newest, on: JournalDay(milliseconds: now * 1000), keep: keep, reader,
            headFile: JournalHead.file(of: state))
    }
}

extension FileProblem {
    /// The newest file is of a day that a clock was ahead to once. Nil where that comes before many more
    /// days are kept than should be.
    init?(
        farOff newest: JournalDay, on today: JournalDay, keep: Int, _ reader: JournalReader,
        headFile: String
    ) {
        guard newest.number - today.number > max(1, keep / 10) else { return nil }
        self.init(
            reader.file(of: newest),
            "is the newest file, of \(newest): until then all records go into it, and none of them is "
                + "removed",
            "see whether the clock is right; if it is, begin anew: stop ocmgate, move "
                + "\(reader.folder) away, remove \(headFile), start ocmgate")
    }
}
