import Dispatch
import Foundation
import Logging
import Synchronization

/// A disk that hangs: those who wait are told, and nothing new is let through.
extension Journal {
    /// Looks at the disk in a while: it got something to do.
    func watchLater() {
        DispatchQueue.global().asyncAfter(deadline: .now() + DiskPatience.look) { [self] in
            watch()
        }
    }

    /// Tells those who wait for a disk that has had something to do for too long.
    private func watch() {
        let (told, asking, goesOn) = state.withLock {
            state -> ([JournalQueue.Job], [JournalState.Asking], Bool) in
            guard let since = state.busySince else {
                state.isWatched = false
                return ([], [], false)
            }
            guard since <= ContinuousClock.now - patience else { return ([], [], true) }
            // Before the thread can say that the disk answers again.
            if !state.isSlow, !state.isFull {
                tellFailure(
                    JournalFailure.slow.description,
                    "nothing is let through until it does: see the disk")
            }
            defer { (state.writing, state.asking, state.isSlow) = ([], [], true) }
            return (state.writing + state.queue.releaseWaiting(), state.asking, true)
        }
        for job in told { job.tell(.failed(.slow)) }
        for asking in asking { asking.resume(returning: .failure(.slow)) }
        if goesOn { watchLater() }
    }

    /// Waits a moment for room on a full disk: to all others it is one that does not answer. False once the
    /// journal is to end.
    func awaitRoom() -> Bool {
        guard !state.withLock({ $0.queue.isEnding }) else { return false }
        tell(noRoom: .full)
        Thread.sleep(forTimeInterval: 0.1)
        return true
    }
}

/// What the log hears of the journal's disk.
extension Journal {
    /// What mends the disk behind an error that ends all writing.
    static func remedy(for error: any Error) -> String {
        if let problem = error as? FileProblem, !problem.remedy.isEmpty { return problem.remedy }
        return DiskTrouble(error)?.remedy ?? "see whether the disk is whole"
    }

    /// The same error without that.
    static func words(of error: any Error) -> String {
        (error as? FileProblem).map { "\($0.path): \($0.what)" } ?? "\(error)"
    }

    func tellFailure(_ problem: String, _ remedy: String) {
        log.write(
            .error, .journalFailed,
            [LogEntry(.file, folder), LogEntry(.problem, problem), LogEntry(.remedy, remedy)])
    }

    /// Writes what has no line, when there is room for that.
    func tellUnrecorded(_ disk: JournalDisk) throws {
        let waiting = state.withLock { $0.queue.unrecorded }
        // Each byte of a code may become an escape.
        let size = waiting.keys.reduce(JournalDisk.ownLine) { $0 + $1.utf8.count * 6 + 32 }
        guard !waiting.isEmpty, disk.hasOwnRoom(size) else { return }
        let counts = state.withLock { $0.queue.takeUnrecorded() }
        try disk.append(unrecorded: counts, milliseconds())
        try disk.commit()
    }

    /// Tells, once, that the disk takes nothing. Who has the keys of people for a moment is waited for without a
    /// word.
    func tell(noRoom reason: JournalFailure) {
        let what: (problem: String, remedy: String)
        switch reason {
        case .full: what = Self.full
        case .refused: what = Self.refusal(by: DiskTrouble.found(on: folder))
        case .broken, .closed, .blocked, .slow, .copied: return
        }
        let isNew = state.withLock { state in
            defer { state.isFull = true }
            return !state.isFull
        }
        if isNew { tellFailure(what.problem, what.remedy) }
    }

    private static let full = (
        problem: "the disk is full",
        remedy: "nothing is let through until there is room: free some, or shorten journal.keep"
    )

    /// What is told of a write that was refused on a disk with this trouble.
    static func refusal(by trouble: DiskTrouble?) -> (problem: String, remedy: String) {
        if trouble == .full { return full }
        return (
            JournalFailure.refused.description,
            "nothing is let through until it does: "
                + (trouble?.remedy ?? "see whether the disk is whole (dmesg)")
        )
    }

    /// Tells, once an hour, that refusals are not recorded for want of room.
    func tellShort() {
        let now = seconds()
        let isNew = state.withLock { state in
            guard now >= state.shortAgain else { return false }
            state.shortAgain = now + 3600
            return true
        }
        guard isNew else { return }
        log.write(
            .warning, .journalShort,
            [
                LogEntry(.file, folder),
                LogEntry(.problem, "the disk is nearly full: refusals are counted, not recorded"),
                LogEntry(.remedy, "make room, or shorten journal.keep"),
            ])
    }

    func tellRoom() {
        let wasFull = state.withLock { state in
            defer { state.isFull = false }
            return state.isFull
        }
        if wasFull { log.write(.notice, .journalResumed, [LogEntry(.file, folder)]) }
    }
}
