package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A lock that one process has at a time: `flock` on a file of its own, which stays.
///
/// The kernel drops it with the process, so `kill -9` leaves no stale lock.
package final class FileLock: Sendable {
    private let file: FileDescriptor

    /// Why it was not had.
    package enum Failure: Error, Sendable, Equatable {
        /// Another process has it.
        case taken
        case unopened(Errno)
        case unlocked(Errno)
    }

    /// Refused: a lock that another process holds, and a link in the place of the file.
    package init(_ path: String) throws(Failure) {
        do {
            file = try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.create, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite)
        } catch { throw .unopened(error as? Errno ?? .ioError) }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            // Thrown once `file` is set, so that `deinit` closes it.
            let reason = Errno(rawValue: errno)
            throw reason == .wouldBlock ? .taken : .unlocked(reason)
        }
    }

    /// Lets others have it.
    package func release() { _ = flock(file.rawValue, LOCK_UN) }

    deinit { try? file.close() }
}
