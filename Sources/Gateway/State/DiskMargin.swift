import Foundation
import GRDB
import OpenSSL
import Synchronization

/// Room that has to be left on the disk of a database, where the file system writes nothing in place.
///
/// SQLite maps the index of its write-ahead log (`-shm`) into memory. Each store into it takes a block there,
/// and where there is none the system ends the process (SIGBUS). Whoever reads stores there, too. What a
/// quota leaves is not seen.
struct DiskMargin: Sendable {
    private let free: @Sendable () -> Int?

    /// Of the disk of a database that is there, or will be made.
    init(of path: String) {
        let folder = (path as NSString).deletingLastPathComponent
        self.init { DiskRoom.toCopy(at: folder.isEmpty ? "." : folder) }
    }

    /// - Parameter free: bytes that are left; nil where it does not matter.
    init(free: @escaping @Sendable () -> Int?) { self.free = free }

    /// Whether the database may be used.
    var isKept: Bool { free().map { $0 > Self.bytes } ?? true }

    /// Bytes that others than the database may take beforehand and leave it as much again; nil for as many as
    /// they like.
    var spare: Int? { free().map { max(0, $0 - 2 * Self.bytes) } }

    /// Refused: a database that may not be used, for the operator.
    func require(for path: String) throws(FileProblem) {
        guard isKept else {
            throw FileProblem(path, "cannot be used: \(Self.lack)", "make room there")
        }
    }

    /// Closes a connection. Where the database may not be used it stays open until the process ends, since
    /// closing folds the write-ahead log.
    func close(_ database: DatabaseQueue) {
        if isKept { try? database.close() } else { Self.unclosed.withLock { $0.append(database) } }
    }

    private static let unclosed = Mutex<[DatabaseQueue]>([])

    /// What others may take between the question and the writing.
    static let bytes = 16 << 20
    static let lack = "less than \(bytes >> 20) MiB of its disk are free"
}
