import Foundation
import SystemPackage
import Transport

#if canImport(Glibc)
    import Glibc
#endif

/// What the folder of a journal has to be like before anything is written there: its owner's alone, and one
/// process's at a time; and what room it has.
package enum JournalFolder {
    /// Refused: a folder that is not there, that its owner may not write, that others may use, or that
    /// belongs to somebody else.
    package static func check(_ path: String) throws(FileProblem) {
        let status: Stat
        do { status = try Stat(FilePath(path)) } catch {
            throw FileProblem(path, "cannot be used: \(error)")
        }
        guard status.type == .directory else {
            throw FileProblem(path, "is not a folder")
        }
        guard
            status.permissions.isDisjoint(with: [.groupReadWriteExecute, .otherReadWriteExecute])
        else {
            throw FileProblem(
                path, "others than its owner may use this folder", "chmod 700 \(path)")
        }
        guard status.permissions.isSuperset(of: .ownerReadWriteExecute) else {
            throw FileProblem(path, "its owner may not write here", "chmod 700 \(path)")
        }
        guard status.userID.rawValue == geteuid() || geteuid() == 0 else {
            throw FileProblem(
                path, "belongs to user \(status.userID.rawValue)", "chown \(geteuid()) \(path)")
        }
    }

    static let lockName = "journal.lock"

    /// Bytes on its disk that unprivileged users may take, and all that it has.
    package static func space(_ path: String) -> (free: Int, all: Int) { JournalFile.space(path) }

    /// Bytes that refusals leave free on a disk of that many.
    package static func reserve(of all: Int) -> Int { min(512 << 20, all / 10) }

    /// Refused: a journal that another process writes.
    static func lock(_ path: String) throws(FileProblem) -> FileLock {
        try lock(file: (path as NSString).appendingPathComponent(lockName), of: path)
    }

    /// Refused: a file that another process writes.
    ///
    /// - Parameter path: what it is locked for.
    static func lock(file: String, of path: String) throws(FileProblem) -> FileLock {
        do { return try FileLock(file) } catch {
            switch error {
            case .taken:
                throw FileProblem(
                    path, "is written by another ocmgate",
                    "stop that one, or give this one its own [journal] dir")
            case .unopened(let reason):
                throw FileProblem(
                    path, "cannot be opened: \(reason)",
                    DiskTrouble(reason)?.remedy ?? "let the gateway's user write to this folder")
            case .unlocked(let reason):
                throw FileProblem(
                    path, "cannot be locked: \(reason)",
                    "name a folder in [journal] dir whose disk has locks")
            }
        }
    }
}
