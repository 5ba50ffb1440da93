import Foundation
import OpenSSL
import SystemPackage
import Transport

#if canImport(Glibc)
    import Glibc
#endif

/// The open file of one day: bytes go to its end, and there is room for more of them before they
/// are needed.
final class JournalFile {
    let path: String
    private let file: FileDescriptor
    private let place: FilePlace
    private let lock: FileLock
    /// Bytes that were written.
    private(set) var size: Int
    /// Where the blocks end that were taken beforehand; at least `size`.
    private(set) var roomEnd: Int
    private(set) var isOpen = true
    /// Whether something was written since the last sync.
    private(set) var isDirty = false
    private let margin: DiskMargin
    private let blocks: Blocks
    private let space: Space
    private let write: Write

    /// Takes blocks of the disk beforehand, as `DiskRoom.keep` does.
    typealias Blocks = @Sendable (_ file: Int32, _ offset: Int, _ count: Int) -> Int32

    /// Bytes that are left on the disk of a path, and that it has.
    typealias Space = @Sendable (_ path: String) -> (free: Int, all: Int)

    /// Writes bytes at a place of a file.
    typealias Write = @Sendable (FileDescriptor, _ offset: Int, _ bytes: [UInt8]) throws -> Void

    /// Opens the file, or makes it with mode 0600, and locks it: the lock of the folder is only as good as its
    /// name, which may be removed.
    ///
    /// Refused: a file that another process writes.
    init(
        _ path: String, _ settings: JournalDisk.Settings
    ) throws(FileProblem) {
        self.path = path
        margin = DiskMargin(of: path)
        self.blocks = settings.blocks
        self.space = settings.space
        self.write = settings.write
        do {
            file = try FileDescriptor.open(
                FilePath(path), .writeOnly,
                options: [.create, .noFollow, .nonBlocking, .closeOnExec],
                permissions: .ownerReadWrite)
            size = Int(try file.seek(offset: 0, from: .end))
            roomEnd = size
            place = try FilePlace(path)
            try PrivateFile.syncFolder(of: path)
        } catch {
            throw FileProblem(
                path, "cannot be opened: \(error)",
                DiskTrouble(error)?.remedy ?? "let the gateway's user write there")
        }
        do { lock = try JournalFolder.lock(file: path, of: path) } catch {
            try? file.close()
            throw error
        }
    }

    /// Takes blocks for `count` further bytes, and as many beyond them as there are, up to `ahead`.
    ///
    /// False when the disk has not so many. A file system that cannot take blocks beforehand is asked
    /// each time whether it has space: `roomEnd` stays where it is.
    func takeRoom(_ count: Int, ahead: Int) -> Bool {
        if roomEnd - size >= count { return true }
        var wanted = max(count, min(ahead, margin.spare ?? ahead))
        while true {
            let end = size + wanted
            switch blocks(file.rawValue, roomEnd, end - roomEnd) {
            case 0:
                roomEnd = end
                return true
            case ENOSPC, EDQUOT:
                // `count` is the least that will do.
                guard wanted > count else { return false }
                wanted = max(count, wanted / 2)
            case EOPNOTSUPP, ENOSYS, EINVAL:
                return space(path).free > count + DiskMargin.bytes
            case EINTR: continue
            default: return false
            }
        }
    }

    /// Where the file ends since somebody cut it; nil of one that has all that was written.
    private var cutEnd: Int? {
        guard let end = (try? Stat(file)).map({ Int($0.size) }), end < size else { return nil }
        return end
    }

    /// Whether somebody cut the file, and nothing was written behind that.
    var isCut: Bool { cutEnd != nil }

    /// Goes on where a file ends that somebody cut: the bytes that are left in it, nil of any other. With the
    /// rest the room went that was taken.
    func takeCut() -> Int? {
        guard let end = cutEnd else { return nil }
        (size, roomEnd) = (end, end)
        return end
    }

    /// Writes bytes at the end. After an error nothing of them counts: the next ones begin where they did.
    func write(_ bytes: [UInt8]) throws {
        isDirty = true
        try write(file, size, bytes)
        size += bytes.count
        roomEnd = max(roomEnd, size)
    }

    /// What was written is on the disk when this returns.
    func sync() throws {
        if fdatasync(file.rawValue) != 0 { throw Errno(rawValue: errno) }
        isDirty = false
    }

    /// Whether the file still has its name.
    var isInPlace: Bool { place.isKept }

    /// The command that brings a file back whose name was taken away, for as long as this process runs (proc(5)).
    var rescue: String { "cp -p /proc/\(getpid())/fd/\(file.rawValue) \(path)" }

    /// Gives back the room that was not needed.
    func close() {
        guard isOpen else { return }
        isOpen = false
        if roomEnd > size, !isCut { _ = ftruncate(file.rawValue, size) }
        try? file.close()
        lock.release()
    }

    deinit { close() }

    @Sendable static func blocks(_ file: Int32, _ offset: Int, _ count: Int) -> Int32 {
        DiskRoom.keep(file, offset: offset, count: count)
    }

    @Sendable static func write(
        _ file: FileDescriptor, _ offset: Int, _ bytes: [UInt8]
    ) throws {
        try file.writeAll(toAbsoluteOffset: Int64(offset), bytes)
    }

    /// Space on the disk of a file that unprivileged users may take, and all that the disk has.
    @Sendable static func space(_ path: String) -> (free: Int, all: Int) {
        let facts = try? FileManager.default.attributesOfFileSystem(forPath: path)
        return (
            (facts?[.systemFreeSize] as? NSNumber)?.intValue ?? 0,
            (facts?[.systemSize] as? NSNumber)?.intValue ?? 0
        )
    }
}
