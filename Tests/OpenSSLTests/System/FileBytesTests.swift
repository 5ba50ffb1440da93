import Foundation
import Testing

@testable import OpenSSL

@Suite struct FileBytesTests {
    @Test func aFileIsReadPieceByPieceBehindWhatIsKept() throws {
        let path = NSTemporaryDirectory() + "/file-bytes-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("0123456789".utf8).write(to: URL(fileURLWithPath: path))
        let handle = try #require(FileHandle(forReadingAtPath: path))
        let file = handle.fileDescriptor
        let first = try FileBytes.read(file, 4, after: [UInt8]().span)
        #expect(first == Array("0123".utf8))
        let second = try FileBytes.read(file, 100, after: first.span.extracting(3...))
        #expect(second == Array("3456789".utf8))
        #expect(try FileBytes.read(file, 4, after: first.span) == first)
        try handle.close()
    }

    @Test func whatCannotBeReadIsAnError() throws {
        let folder = try #require(FileHandle(forReadingAtPath: "/"))
        let error = #expect(throws: FileBytes.Failure.self) {
            try FileBytes.read(folder.fileDescriptor, 4, after: [UInt8]().span)
        }
        #expect(error?.number == EISDIR)
        #expect("\(try #require(error))".isEmpty == false)
    }

    @Test func allIsWrittenAlsoWhereAFileTakesNothingForNow() throws {
        let pipe = Pipe()
        let writing = pipe.fileHandleForWriting
        #expect(fcntl(writing.fileDescriptor, F_SETFL, O_NONBLOCK) == 0)
        let bytes = [UInt8](repeating: 7, count: 1 << 20)
        DispatchQueue(label: "writer").async {
            do { try FileBytes.writeAll(writing.fileDescriptor, bytes.span) } catch {
                Issue.record("\(error)")
            }
            try? writing.close()
        }
        #expect(try pipe.fileHandleForReading.readToEnd()?.count == bytes.count)
    }

    @Test func whatCannotBeWrittenIsAnError() throws {
        let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
        let error = #expect(throws: FileBytes.Failure.self) {
            try FileBytes.writeAll(full.fileDescriptor, [1, 2, 3].span)
        }
        #expect(error?.number == ENOSPC)
    }
}
