import Foundation
import SystemPackage
import Transport

#if canImport(Glibc)
    import Glibc
#endif

/// The folder of a journal.
package enum JournalFolder {
    /// Refused: a folder that is not there, that its owner may not write, that others may use, or that
    /// belongs to somebody else.
    package static func check(_ path: String) throws(PrivateFile.Problem) {
        let status: Stat
        do { status = try Stat(FilePath(path)) } catch {
            throw PrivateFile.Problem(path: path, what: "cannot be used: \(error)", remedy: "")
        }
        guard status.type == .directory else {
            throw PrivateFile.Problem(path: path, what: "is not a folder", remedy: "")
        }
        guard
            status.permissions.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute])
        else {
            throw PrivateFile.Problem(
                path: path, what: "others than its owner may use this folder",
                remedy: "chmod 700 \(path)")
        }
        guard status.permissions.isSuperset(of: .ownerReadWriteExecute) else {
            throw PrivateFile.Problem(
                path: path, what: "its owner may not write here", remedy: "chmod 700 \(path)")
        }
        guard status.userID.rawValue == geteuid() || geteuid() == 0 else {
            throw PrivateFile.Problem(
                path: path, what: "belongs to user \(status.userID.rawValue)",
                remedy: "chown \(geteuid()) \(path)")
        }
    }

    static let lockName = "journal.lock"

    /// Bytes on its disk that unprivileged users may take, and all that it has.
    package static func space(_ path: String) -> (free: Int, all: Int) { JournalFile.space(path) }

    /// Bytes that refusals leave free on a disk of that many.
    package static func reserve(of all: Int) -> Int { min(512 << 20, all / 10) }

    /// Refused: a journal that another process writes.
    static func lock(_ path: String) throws(JournalError) -> FileLock {
        try lock(file: (path as NSString).appendingPathComponent(lockName), of: path)
    }

    /// Refused: a file that another process writes.
    ///
    /// - Parameter path: what it is locked for.
    static func lock(file: String, of path: String) throws(JournalError) -> FileLock {
        do { return try FileLock(file) } catch {
            switch error {
            case .taken:
                throw JournalError(
                    path, "is written by another ocmgate",
                    "stop that one, or give this one its own [journal] dir")
            case .unopened(let reason):
                throw JournalError(
                    path, "cannot be opened: \(reason)",
                    DiskTrouble(reason)?.remedy ?? "let the gateway's user write to this folder")
            case .unlocked(let reason):
                throw JournalError(
                    path, "cannot be locked: \(reason)",
                    "name a folder in [journal] dir whose disk has locks")
            }
        }
    }
}
