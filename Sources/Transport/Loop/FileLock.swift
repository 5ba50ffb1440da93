import Synchronization
package import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A lock that one process has at a time: `flock` on a file of its own, which stays.
///
/// The kernel drops it with the process, so `kill -9` leaves no stale lock.
package final class FileLock: Sendable {
    /// Nil once others may have it.
    private let file: Mutex<FileDescriptor?>

    /// Why it was not had.
    package enum Failure: Error, Sendable, Equatable {
        /// Another process has it.
        case taken
        case unopened(Errno)
        case unlocked(Errno)
    }

    /// Refused: a lock that another process holds, and a link in the place of the file.
    package init(_ path: String) throws(Failure) {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(
                FilePath(path), .readWrite, options: [.create, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite)
        } catch { throw .unopened(error as? Errno ?? .ioError) }
        guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else {
            let reason = Errno(rawValue: errno)
            try? file.close()
            throw reason == .wouldBlock ? .taken : .unlocked(reason)
        }
        self.file = Mutex(file)
    }

    /// Lets others have it. The file is closed: unlocking may fail, where the file lies on another machine.
    package func release() {
        let file = self.file.withLock { file -> FileDescriptor? in
            defer { file = nil }
            return file
        }
        try? file?.close()
    }

    deinit { release() }
}
