import Transport

/// The lock that keeps a second gateway off one state file, on a file beside it. Readers do not take it.
final class StoreLock: Sendable {
    private let lock: FileLock

    /// Refused: a lock that another process holds.
    init(_ path: String) throws(FileProblem) {
        do { lock = try FileLock(path) } catch {
            switch error {
            case .taken:
                throw FileProblem(
                    path, "another ocmgate uses this state", Self.remedy, isInUse: true)
            case .unlocked(let reason):
                throw FileProblem(path, "cannot be locked: \(reason)", Self.remedy)
            case .unopened(let reason):
                throw FileProblem(
                    path, "cannot be opened: \(reason)",
                    DiskTrouble(reason)?.remedy
                        ?? "let the gateway's user write to this folder")
            }
        }
    }

    /// The lock of a state.
    ///
    /// Refused: one that another process has, also where its name was removed: whoever writes the state has
    /// the lock of its mark, too.
    convenience init(of state: String) throws(FileProblem) {
        try self.init(state + ".lock")
        // Nobody has what is not there, and looking makes none.
        if PrivateFile.exists(state + ".mark") { try StoreLock(state + ".mark").release() }
    }

    /// The lock of a state, as soon as it is free; nil when it is not in time, or the task is cancelled.
    ///
    /// Whoever waits for another to let it go keeps it from then on: in between, anybody may take it.
    static func awaited(
        _ state: String, within time: Duration
    ) async throws(FileProblem) -> StoreLock? {
        let end = ContinuousClock.now + time
        while true {
            do throws(FileProblem) { return try StoreLock(of: state) } catch {
                guard error.isInUse else { throw error }
            }
            guard ContinuousClock.now < end, !Task.isCancelled else { return nil }
            // Cancelled, it is found out above.
            try? await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Lets others have it.
    func release() { lock.release() }

    private static let remedy = "stop the other one, or give this one its own [state] url"
}
