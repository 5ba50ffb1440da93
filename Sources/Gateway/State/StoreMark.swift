import Foundation
import SystemPackage

/// The number of the last acknowledged commit, in a small file beside the database.
///
/// SQLite drops everything after a damaged place of its write-ahead log without a word, and a
/// missing database is simply a new one. The mark is written after each commit is on disk and
/// before anybody is told, so a database that counts fewer commits than its mark has lost some.
final class StoreMark: Sendable {
    private static let digits = 19
    private let file: FileDescriptor

    /// The number in the file; nil when there is no file.
    static func read(_ path: String) throws(StoreOpenError) -> Int? {
        guard PrivateFile.exists(path) else { return nil }
        let bytes: [UInt8]
        do { bytes = try PrivateFile.read(path, limit: 64) } catch {
            throw StoreOpenError(path: path, what: error.what, remedy: error.remedy)
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.count == digits + 1, text.last == "\n", let number = Int(text.dropLast()),
            number >= 0
        else {
            throw StoreOpenError(
                path: path, what: "is damaged",
                remedy: "if the state beside it is the newest you have, remove this file")
        }
        return number
    }

    init(_ path: String, _ number: Int) throws(StoreOpenError) {
        do {
            file = try FileDescriptor.open(
                FilePath(path), .writeOnly,
                options: [.create, .noFollow, .nonBlocking, .closeOnExec],
                permissions: .ownerReadWrite)
            try write(number)
        } catch {
            throw StoreOpenError(path: path, what: "cannot be written: \(error)", remedy: "")
        }
    }

    deinit { try? file.close() }

    func write(_ number: Int) throws {
        let text = String(number)
        let padded = String(repeating: "0", count: max(0, Self.digits - text.utf8.count)) + text
        try file.writeAll(toAbsoluteOffset: 0, Array("\(padded)\n".utf8))
    }
}
