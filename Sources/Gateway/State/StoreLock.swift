import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// The lock that keeps a second gateway off one state file: `flock` on a file beside it.
///
/// The kernel drops it with the process, so `kill -9` leaves no stale lock. Readers do not take it.
final class StoreLock: Sendable {
    private let file: FileDescriptor

    /// Refused: a lock that another process holds.
    init(_ path: String) throws(StoreOpenError) {
        do {
            file = try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.create, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite)
        } catch {
            throw StoreOpenError(
                path: path, what: "cannot be opened: \(error)",
                remedy: "let the gateway's user write to this folder")
        }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            // Thrown once `file` is set, so that `deinit` closes it.
            let reason = Errno(rawValue: errno)
            throw StoreOpenError(
                path: path,
                what: reason == .wouldBlock
                    ? "another ocmgate uses this state" : "cannot be locked: \(reason)",
                remedy: "stop the other one, or give this one its own [state] url",
                isInUse: reason == .wouldBlock)
        }
    }

    /// Lets others have it.
    func release() { _ = flock(file.rawValue, LOCK_UN) }

    deinit { try? file.close() }
}
