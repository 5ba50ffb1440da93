import Foundation
import OpenSSL
import Testing

@testable import Gateway

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct JournalReaderTests {
    private let scratch: Scratch
    private let reader: JournalReader
    private let day: JournalDay

    init() throws {
        scratch = try Scratch()
        reader = JournalReader(scratch.path)
        day = try #require(JournalDay("2026-11-27"))
    }

    private func write(_ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: reader.file(of: day)))
    }

    private func lines(last: Int? = nil) throws -> [(text: String, number: Int, isWhole: Bool)] {
        var lines: [(text: String, number: Int, isWhole: Bool)] = []
        _ = try reader.rawLines(of: day, last: last) { bytes, place, isWhole in
            lines.append((String(decoding: bytes, as: UTF8.self), place.number, isWhole))
            return .goOn
        }
        return lines
    }

    /// Nobody writes there, and nobody waits for that; it is no empty file either.
    @Test func aPipeIsRefused() throws {
        try #require(unsafe mkfifo(reader.file(of: day), 0o600) == 0)
        let error = #expect(throws: FileProblem.self) { try lines() }
        #expect(error?.what == "is not a regular file")
    }

    /// Some of the lines are longer than what is read at once.
    @Test func linesAreTheSameWhereverTheyAreCut() throws {
        let texts = [10, 0, 900_000, 300_000, 3 << 20, 1, (1 << 20) - 1, 1 << 20, 5].enumerated()
            .map { String(repeating: "\($0)", count: $1) }
        try write(texts.joined(separator: "\n"))
        let found = try lines()
        #expect(found.map(\.text) == texts)
        #expect(found.map(\.number) == Array(1...texts.count))
        #expect(found.map(\.isWhole) == texts.indices.map { $0 < texts.count - 1 })
        try write(texts.joined(separator: "\n") + "\n")
        #expect(try lines().map(\.text) == texts)
        #expect(try lines().allSatisfy { $0.isWhole })
    }

    /// Memory has an end, whatever lies in the folder.
    @Test func aLineWithoutEndIsRefused() throws {
        try write("")
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: reader.file(of: day)))
        // Sparse: nothing but zeros.
        try file.truncate(atOffset: 200 << 20)
        try file.close()
        let error = #expect(throws: FileProblem.self) { try lines() }
        #expect(error?.description.contains("more than 64 MiB") == true)
    }

    /// What a crash left, and the last line of a gateway that runs, are no damage.
    @Test func linesWithoutTheFormOfOneAreToldUnlessTheyAreAccountedFor() throws {
        func line(_ seq: Int, _ kind: String, _ more: String = "") -> String {
            let hash = String(repeating: "0", count: 64)
            return
                "{\"seq\":\(seq),\"type\":\"\(kind)\",\"at\":\"x\"\(more),\"hash\":\"\(hash)\"}\n"
        }
        let torn = line(2, "torn", ",\"torn_bytes\":4")
        try write(line(1, "begin") + "a\nb\n" + torn + "c\n\n" + line(3, "decision") + "d\ne")
        var unread: [Int] = []
        var read: [Int] = []
        try reader.lines(of: [day], unread: { unread.append($0.number) }) { line, _ in
            read.append(line.seq)
            return .goOn
        }
        #expect(read == [1, 2, 3])
        #expect(unread == [5, 6, 8])
    }

    /// Something else may have been written over a file of the journal.
    @Test func whereNoLineEndsNothingIsCopiedManyTimes() throws {
        let count = 1 << 20
        try write(String(repeating: "x", count: count))
        var copied = 0
        var found = 0
        _ = try reader.pieces(
            of: day, size: 4096,
            read: { file, most, kept in
                copied += kept.count
                return try FileBytes.read(file, most, after: kept)
            },
            { piece in
                found += piece.count
                return .goOn
            })
        #expect(found == count)
        #expect(copied <= 3 * count)
    }

    @Test func ofAnEmptyFileThereIsNoLine() throws {
        try write("")
        #expect(try lines().isEmpty)
        try write("\n")
        #expect(try lines().map(\.text) == [""])
    }

    @Test func whatBeginsInTheLastBytesIsRead() throws {
        try write("first\nsecond\nthird\n")
        #expect(try lines(last: 100).map(\.text) == ["first", "second", "third"])
        #expect(try lines(last: 13).map(\.text) == ["third"])
        #expect(try lines(last: 14).map(\.text) == ["second", "third"])
        #expect(try lines(last: 3).isEmpty)
        try write("first\nsecond\nthi")
        #expect(try lines(last: 5).map(\.text) == ["thi"])
        #expect(try lines(last: 2).isEmpty)
    }

    @Test func aFileThatIsNotThereIsNamed() throws {
        let error = #expect(throws: FileProblem.self) { try lines() }
        #expect(error?.path == reader.file(of: day))
    }
}
