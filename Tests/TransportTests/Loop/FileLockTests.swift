import Foundation
import Testing

@testable import Transport

@Suite struct FileLockTests {
    /// Of files that are open in this process.
    private func isOpen(_ path: String) throws -> Bool {
        let folder = "/proc/self/fd"
        return try FileManager.default.contentsOfDirectory(atPath: folder).contains { name in
            // One may be closed meanwhile.
            (try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\(name)"))
                == path
        }
    }

    @Test func whatIsLetGoIsClosedAndOthersMayHaveIt() throws {
        let folder = URL(fileURLWithPath: NSTemporaryDirectory()).resolvingSymlinksInPath()
        let path = folder.appendingPathComponent("file-lock-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let lock = try FileLock(path)
        #expect(try isOpen(path))
        #expect(throws: FileLock.Failure.taken) { try FileLock(path) }
        lock.release()
        #expect(try !isOpen(path))
        let other = try FileLock(path)
        // Once is enough.
        lock.release()
        #expect(throws: FileLock.Failure.taken) { try FileLock(path) }
        other.release()
    }
}
