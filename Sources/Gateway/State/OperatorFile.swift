import Foundation
import OpenSSL
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A file of the operator's that a command writes anew: a policy, a list.
package enum OperatorFile {
    /// Puts bytes into a file as `rewrite` does; makes one of mode 0644 where there is none.
    package static func write(
        _ path: String, _ bytes: [UInt8], over old: [UInt8]? = nil
    ) throws(FileProblem) {
        if PrivateFile.exists(path) {
            try rewrite(path, bytes, over: old)
        } else {
            try PrivateFile.create(path, bytes, for: .everybody)
        }
    }

    /// Puts other bytes into a file, at once and wholly: mode and owner stay, a symbolic link still
    /// leads to it, and whoever reads it meanwhile reads the old text or the new one.
    ///
    /// Refused: what is no regular file, a file whose owner cannot be kept, and one that is not what
    /// the new text was made from any more.
    ///
    /// - Parameter old: what was read; nil when the new text does not hang on it.
    package static func rewrite(
        _ path: String, _ bytes: [UInt8], over old: [UInt8]? = nil
    ) throws(FileProblem) {
        // Beside the file itself, not beside the link.
        let target = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        let draft = target + "." + Random.alphanumeric(8) + ".draft"
        do {
            let file = try FileDescriptor.open(
                FilePath(target), .readOnly, options: [.noFollow, .nonBlocking, .closeOnExec])
            // Closing it lets others have it.
            defer { try? file.close() }
            let status = try Stat(file)
            guard status.type == .regular else {
                throw FileProblem(path, "is not a regular file")
            }
            if let old { try hold(file, status, old, target, path: path) }
            defer { try? FileManager.default.removeItem(atPath: draft) }
            try fill(draft, bytes, like: status, path: path)
            if let number = FileName.replace(target, by: draft) { throw Errno(rawValue: number) }
            try PrivateFile.syncFolder(of: target)
        } catch let problem as FileProblem {
            throw problem
        } catch {
            throw FileProblem(path, "cannot be written: \(PrivateFile.cause(of: error))")
        }
    }

    /// Whether both paths lead to one file, over whatever links; of files that are not there yet, whether
    /// they would be one.
    package static func isSame(_ one: String, _ other: String) -> Bool {
        guard let first = FileStamp(one), let second = FileStamp(other) else {
            return place(of: one) == place(of: other)
        }
        return first.isSameFile(as: second)
    }

    private static func place(of path: String) -> String {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        return url.deletingLastPathComponent().resolvingSymlinksInPath()
            .appendingPathComponent(url.lastPathComponent).path
    }

    /// Keeps other edits away until this one is over.
    private static func hold(
        _ file: FileDescriptor, _ status: Stat, _ old: [UInt8], _ target: String, path: String
    ) throws {
        while flock(file.rawValue, LOCK_EX) != 0 {
            guard errno == EINTR else { throw Errno(rawValue: errno) }
        }
        let now = try Stat(FilePath(target))
        let isSame = now.deviceID == status.deviceID && now.inode == status.inode
        guard isSame, FileManager.default.contents(atPath: target).map({ [UInt8]($0) }) == old
        else {
            throw FileProblem(path, "was changed meanwhile", "try again")
        }
    }

    private static func fill(
        _ draft: String, _ bytes: [UInt8], like status: Stat, path: String
    ) throws {
        let file = try FileDescriptor.open(
            FilePath(draft), .writeOnly,
            options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
            permissions: .ownerReadWrite)
        try file.closeAfter {
            try file.writeAll(bytes)
            let own = try Stat(file)
            if own.userID != status.userID || own.groupID != status.groupID,
                fchown(file.rawValue, status.userID.rawValue, status.groupID.rawValue) != 0
            {
                throw FileProblem(path, "its owner cannot be kept", PrivateFile.asOwner(of: path))
            }
            // After the owner: changing that takes set-user bits away.
            if fchmod(file.rawValue, status.permissions.rawValue) != 0 {
                throw Errno(rawValue: errno)
            }
            if fsync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
        }
    }
}
