import Foundation
import Testing

@testable import OpenSSL

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct FileNameTests {
    @Test func aFolderIsItsOwnersAloneAndMadeOnce() throws {
        let path = NSTemporaryDirectory() + "/file-name-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        #expect(FileName.makeFolder(path) == nil)
        let facts = try FileManager.default.attributesOfItem(atPath: path)
        #expect(facts[.posixPermissions] as? Int == 0o700)
        #expect(facts[.type] as? FileAttributeType == .typeDirectory)
        #expect(FileName.makeFolder(path) == EEXIST)
        #expect(FileName.makeFolder(path + "/none/deeper") == ENOENT)
    }
}
