import Foundation
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// The number of the last acknowledged commit, in a small file beside the database.
///
/// SQLite drops everything after a damaged place of its write-ahead log without a word, and a
/// missing database is simply a new one. The mark is written after each commit is on disk and
/// before anybody is told, so a database that counts fewer commits than its mark has lost some.
///
/// It is made whole and synced; later writes are not synced, and a power cut leaves an older number.
final class StoreMark: Sendable {
    private static let digits = 19
    private let file: FileDescriptor

    /// The number in the file; nil when there is no file, or nothing in it, as a disk leaves a file that was
    /// never synced.
    static func read(_ path: String) throws(FileProblem) -> Int? {
        guard PrivateFile.exists(path) else { return nil }
        let bytes = try PrivateFile.read(path, limit: 64)
        if bytes.isEmpty { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        guard bytes.count == digits + 1, text.last == "\n", let number = Int(text.dropLast()),
            number >= 0
        else {
            throw FileProblem(
                path, "is damaged",
                "if the state beside it is the newest you have, remove this file")
        }
        return number
    }

    /// Makes the file where there is none, so that nobody finds it empty.
    ///
    /// Refused: what the disk does not take.
    static func make(_ path: String, _ number: Int) throws(FileProblem) {
        if PrivateFile.exists(path) { return }
        try PrivateFile.create(path, bytes(number))
    }

    /// Opens what `make` has made, with this number in it on the disk.
    init(_ path: String, _ number: Int) throws(FileProblem) {
        do {
            file = try FileDescriptor.open(
                FilePath(path), .writeOnly, options: [.noFollow, .nonBlocking, .closeOnExec])
            try write(number)
            guard fsync(file.rawValue) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            throw FileProblem(path, "cannot be written: \(error)")
        }
    }

    deinit { try? file.close() }

    func write(_ number: Int) throws {
        try file.writeAll(toAbsoluteOffset: 0, Self.bytes(number))
    }

    private static func bytes(_ number: Int) -> [UInt8] {
        var line = [UInt8](repeating: UInt8(ascii: "0"), count: digits)
        var rest = number
        for place in line.indices.reversed() {
            line[place] += UInt8(rest % 10)
            rest /= 10
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }
}
