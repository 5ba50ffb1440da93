import Foundation
import OpenSSL
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A file that holds secrets: mode 0600, owned by us, a regular file; or root's, that a group may read in
/// which only we are (``FileGroup``), as Kubernetes gives secrets to a pod, or by an access list that names only
/// us (``AccessList``), as systemd gives credentials to a service.
///
/// It is there whole or not at all, and on the disk with its folder's entry before `create` returns.
package enum PrivateFile {
    /// Writes a new file of mode 0600, or 0644 when everybody may read it, and syncs it and its
    /// folder.
    ///
    /// Refused: a file that exists, a folder that does not.
    package static func create(
        _ path: String, _ bytes: [UInt8], for readers: Readers = .owner
    ) throws(FileProblem) {
        try expectFolder(around: path)
        let draft = path + "." + Random.alphanumeric(8) + ".draft"
        defer { try? FileManager.default.removeItem(atPath: draft) }
        do {
            let file = try FileDescriptor.open(
                FilePath(draft), .writeOnly,
                options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: .ownerReadWrite)
            try file.closeAfter {
                try file.writeAll(bytes)
                switch readers {
                case .owner: break
                case .everybody:
                    if fchmod(file.rawValue, 0o644) != 0 { throw Errno(rawValue: errno) }
                }
                try sync(file)
            }
            // Unlike renaming, this fails where a file is.
            try FileManager.default.linkItem(atPath: draft, toPath: path)
            try syncFolder(of: path)
        } catch {
            throw FileProblem(path, "cannot be made: \(cause(of: error))")
        }
    }

    /// Puts a file in the place of another, or where there was none: whole or not at all, whatever
    /// fails. Others may read it, so nothing secret belongs there.
    static func replace(_ path: String, _ bytes: [UInt8]) throws(FileProblem) {
        do {
            // A file beside it, synced, then renamed.
            try Data(bytes).write(to: URL(fileURLWithPath: path), options: .atomic)
            try syncFolder(of: path)
        } catch {
            throw FileProblem(path, "cannot be written: \(cause(of: error))")
        }
    }

    /// Gives a file that was written under another name the place of another, or of none, once it is synced.
    static func put(_ draft: String, inPlaceOf path: String) throws(FileProblem) {
        do {
            let file = try FileDescriptor.open(
                FilePath(draft), .readWrite, options: [.noFollow, .closeOnExec])
            try file.closeAfter { try sync(file) }
            if let number = FileName.replace(path, by: draft) { throw Errno(rawValue: number) }
            try syncFolder(of: path)
        } catch {
            throw FileProblem(path, "cannot be made: \(cause(of: error))")
        }
    }

    /// Makes a key, and a file of it (PEM) for its owner alone; errors as those of `create`.
    static func create(_ path: String, keyOf kind: KeyKind) throws(FileProblem) {
        let text: String
        do { text = try PrivateKey.generate(kind).exportPEM() } catch {
            throw FileProblem(path, "cannot be made: \(error)")
        }
        try create(path, Array(text.utf8))
    }

    /// Whether a file may be reached by a symbolic link.
    package enum Links: Sendable {
        case refused
        /// For files that other programs place, certbot's for instance.
        case followed
    }

    /// Who may read a file; nobody but its owner may ever write to it.
    package enum Readers: Sendable {
        case owner
        /// For files without secrets: what `replace` wrote, and certificates.
        case everybody
    }

    /// The bytes of the file.
    ///
    /// Refused: links (unless they are followed), anything that group or others may use (but for our own
    /// group or root's, where it is root's), another owner (root's files are fine), more than `limit` bytes.
    package static func read(
        _ path: String, limit: Int = 65_536, links: Links = .refused, readers: Readers = .owner
    ) throws(FileProblem) -> [UInt8] {
        try bytes(path, limit, links) { status throws(FileProblem) in
            try check(status, readers, path: path)
        }
    }

    /// The bytes of a file without secrets, whoever placed it, over links.
    ///
    /// Refused: what is no regular file, and more than `limit` bytes.
    static func readPlain(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
        try bytes(path, limit, .followed) { status throws(FileProblem) in
            try checkRegular(status, path: path)
        }
    }

    private static func bytes(
        _ path: String, _ limit: Int, _ links: Links, _ check: (Stat) throws(FileProblem) -> Void
    ) throws(FileProblem) -> [UInt8] {
        do {
            let file = try FileDescriptor.open(
                FilePath(path), .readOnly,
                // Nobody waits for the other end of a pipe.
                options: links == .refused
                    ? [.noFollow, .nonBlocking, .closeOnExec] : [.nonBlocking, .closeOnExec])
            return try file.closeAfter {
                try check(Stat(file))
                let handle = FileHandle(
                    fileDescriptor: file.rawValue, closeOnDealloc: false)
                let data: Data
                do { data = try handle.read(upToCount: limit + 1) ?? Data() } catch {
                    throw FileProblem(path, "cannot be read: the system gives nothing of it")
                }
                guard data.count <= limit else {
                    throw FileProblem(path, "is longer than \(limit) bytes")
                }
                return [UInt8](data)
            }
        } catch let problem as FileProblem {
            throw problem
        } catch {
            let shut = (error as? Errno) == .permissionDenied ? shutFolder(onTheWayTo: path) : nil
            throw FileProblem(
                path,
                "cannot be read: "
                    + (shut.map { "this user may not enter \($0)" } ?? cause(of: error)),
                shut.map(reachRemedy) ?? "")
        }
    }

    /// Makes the folder with mode 0700 when it is missing.
    ///
    /// Refused: a folder that others than its owner may write to; but not root's, to which our own group or
    /// root's may.
    package static func folder(_ path: String) throws(FileProblem) {
        let isMissing = !exists(path)
        if isMissing { try expectFolder(around: path) }
        let status: Stat
        do {
            if isMissing {
                if let number = FileName.makeFolder(path) { throw Errno(rawValue: number) }
                try syncFolder(of: path)
            }
            status = try Stat(FilePath(path))
        } catch {
            throw FileProblem(path, "cannot be used: \(cause(of: error))")
        }
        guard status.type == .directory else {
            throw FileProblem(path, "is not a folder")
        }
        let forbidden: FilePermissions =
            isGivenToUs(path, status) ? .otherWrite : [.groupWrite, .otherWrite]
        guard status.permissions.isDisjoint(with: forbidden) else {
            throw FileProblem(path, "others may write to this folder", "chmod 700 \(path)")
        }
    }

    /// The same for a folder in which files are made for as long as the gateway runs.
    ///
    /// Refused, too: one that its owner may not write to.
    package static func folderToWrite(_ path: String) throws(FileProblem) {
        try folder(path)
        guard let status = try? Stat(FilePath(path)),
            status.permissions.isSuperset(of: .ownerReadWriteExecute)
        else {
            throw FileProblem(path, "its owner may not write here", "chmod 700 \(path)")
        }
    }

    private static func expectFolder(around path: String) throws(FileProblem) {
        let parent = (path as NSString).deletingLastPathComponent
        guard parent.isEmpty || presence(parent) != .absent else {
            throw FileProblem(
                path, "cannot be made: there is no folder \(parent)", "mkdir -p -m 700 \(parent)")
        }
    }

    /// Refused as in `read`, without reading.
    static func checkStanding(_ path: String) throws(FileProblem) {
        let status: Stat
        do { status = try Stat(FilePath(path), followTargetSymlink: false) } catch {
            throw FileProblem(path, "cannot be used: \(cause(of: error))")
        }
        try check(status, .owner, path: path)
    }

    /// Refused, too: one that this user may not write to.
    static func checkStandingToWrite(_ path: String) throws(FileProblem) {
        try checkStanding(path)
        guard FileManager.default.isWritableFile(atPath: path) else {
            let trouble = DiskTrouble.found(around: path)
            throw FileProblem(
                path, "this user may not write to it",
                trouble == .readOnly
                    ? DiskTrouble.readOnly.remedy
                    : (isOwn(path) ? "" : "chown \(geteuid()) \(path) && ") + "chmod 600 \(path)")
        }
    }

    /// Refused: a folder that is another's, and that this user may not write to.
    package static func expectWritable(_ path: String) throws(FileProblem) {
        guard exists(path), !isOwn(path), !FileManager.default.isWritableFile(atPath: path) else {
            return
        }
        let owner = ownerName(of: path) ?? "another user"
        throw FileProblem(
            path, "belongs to \(owner), and this user may not write here",
            "chown -R \(geteuid()) \(path)")
    }

    private static func isOwn(_ path: String) -> Bool {
        (try? Stat(FilePath(path)))?.userID.rawValue == geteuid()
    }

    static func exists(_ path: String) -> Bool { (try? Stat(FilePath(path))) != nil }

    /// The number of the file system that a file lies on; nil where there is no file.
    package static func disk(of path: String) -> Int? {
        (try? Stat(FilePath(path))).map { Int(truncatingIfNeeded: $0.deviceID.rawValue) }
    }

    /// Whether there is a file, as far as this user may know.
    package enum Presence: Sendable, Equatable {
        case there, absent
        /// Why it cannot be known.
        case denied(String)
    }

    /// A file in a folder that may not be looked into is denied, and not absent.
    package static func presence(_ path: String) -> Presence {
        do {
            _ = try Stat(FilePath(path))
            return .there
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            return .absent
        } catch { return .denied(cause(of: error)) }
    }

    /// The names in a folder, in no order; none where there is no folder.
    ///
    /// Refused: a folder that this user may not read.
    static func names(in folder: String) throws(FileProblem) -> [String] {
        do {
            let descriptor = try FileDescriptor.open(
                FilePath(folder), .readOnly, options: [.directory, .closeOnExec])
            try descriptor.close()
            return try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch Errno.noSuchFileOrDirectory {
            return []
        } catch {
            throw FileProblem(
                folder, "cannot be read: \(cause(of: error))", "run this as the gateway's user")
        }
    }

    private static func check(
        _ status: Stat, _ readers: Readers, path: String
    ) throws(FileProblem) {
        try checkRegular(status, path: path)
        let forbidden: FilePermissions =
            switch readers {
            case .owner where isGivenToUs(path, status):
                [.groupWrite, .groupExecute, .otherReadWriteExecute]
            case .owner: [.groupReadWriteExecute, .otherReadWriteExecute]
            case .everybody: [.groupWrite, .otherWrite]
            }
        guard status.permissions.isDisjoint(with: forbidden) else {
            throw FileProblem(path, "others than its owner may use it", "chmod 600 \(path)")
        }
        guard status.userID.rawValue == geteuid() || status.userID.rawValue == 0 else {
            throw FileProblem(
                path, "belongs to user \(status.userID.rawValue)",
                geteuid() == 0
                    ? asOwner(of: path)
                    : "chown \(geteuid()) \(path) && chmod 600 \(path)")
        }
    }

    /// Whether a file is root's, and what it gives to its group, and by its access list, is for this user alone;
    /// that the user is meant, whoever then opens the file shows.
    private static func isGivenToUs(_ path: String, _ status: Stat) -> Bool {
        guard geteuid() != 0, status.userID.rawValue == 0,
            AccessList(of: path)?.names(only: geteuid()) == true
        else { return false }
        return FileGroup(of: path, is: status.groupID.rawValue)?.serves(only: NSUserName()) ?? false
    }

    /// How root runs a command as the user to whom a file belongs.
    static func asOwner(of path: String) -> String {
        guard let name = ownerName(of: path) else { return "run this as that user" }
        return "run this as that user: runuser -u \(name) -- ocmgate ..."
    }

    private static func ownerName(of path: String) -> String? {
        let place = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        return (try? FileManager.default.attributesOfItem(atPath: place))?[.ownerAccountName]
            as? String
    }

    private static func checkRegular(_ status: Stat, path: String) throws(FileProblem) {
        guard status.type == .regular else {
            throw FileProblem(path, "is not a regular file")
        }
    }

    static func syncFolder(of path: String) throws {
        let folder = FilePath(path).removingLastComponent()
        let descriptor = try FileDescriptor.open(
            folder.isEmpty ? FilePath(".") : folder, .readOnly, options: [.directory, .closeOnExec])
        try descriptor.closeAfter { try sync(descriptor) }
    }

    private static func sync(_ file: FileDescriptor) throws {
        if fsync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
    }

    /// What the system says about a file, without Foundation's words around it.
    package static func cause(of error: any Error) -> String {
        if let number = error as? Errno { return number.description }
        let below = (error as? CocoaError)?.underlying as? POSIXError
        return below.map { Errno(rawValue: $0.code.rawValue).description } ?? "\(error)"
    }
}
