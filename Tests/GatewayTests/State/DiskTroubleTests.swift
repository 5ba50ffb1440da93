import Foundation
import GRDB
import OpenSSL
import SystemPackage
import Testing

@testable import Gateway

@Suite struct DiskTroubleTests {
    @Test(
        arguments: [
            (.noSpace, .full), (.diskQuotaExceeded, .full), (.readOnlyFileSystem, .readOnly),
            (.permissionDenied, nil), (.ioError, nil),
        ] as [(Errno, DiskTrouble?)])
    func errorsOfTheDiskAreToldFromOthers(_ error: Errno, _ trouble: DiskTrouble?) {
        #expect(DiskTrouble(error) == trouble)
    }

    /// Nor is anything left by looking.
    @Test func aDiskThatTakesWhatComesHasNone() throws {
        let scratch = try Scratch()
        #expect(DiskTrouble.found(on: scratch.path) == nil)
        #expect(DiskTrouble.found(around: scratch.file("state.db")) == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
        #expect(DiskTrouble.found(on: scratch.file("none")) == nil)
        #expect(DiskTrouble.found(on: "/proc") == nil)
    }

    /// SQLite has given its room back by then.
    @Test func aFullDatabaseIsKnownByWhatSQLiteSays() throws {
        let path = try Scratch().file("subjects.db")
        let error = DatabaseError(
            resultCode: .SQLITE_FULL, message: "database or disk is full", sql: "COMMIT TRANSACTION"
        )
        for problem in [
            JournalSubjects.unusable(path, error), FileProblem(path: path, reading: error),
        ] {
            #expect(
                problem.description
                    == "\(path): cannot be opened: database or disk is full; make room on its disk")
        }
        let other = DatabaseError(resultCode: .SQLITE_CANTOPEN, message: "no", sql: "SELECT 1")
        #expect(!JournalSubjects.unusable(path, other).description.contains("SELECT"))
    }

    @Test func aPathThatIsTooLongIsToldAsThat() throws {
        let scratch = try Scratch()
        let key = try #require(SealKey(Secret.random(32)))
        var path = scratch.path
        while path.utf8.count < 400 {
            path += "/" + String(repeating: "d", count: 100)
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false,
                attributes: [.posixPermissions: 0o700])
        }
        let name = { "\(path)/" + String(repeating: "x", count: $0 - path.utf8.count - 1) }
        try Store.open(name(504), key, now: 0).close()
        let refusal = #expect(throws: FileProblem.self) { try Store.open(name(505), key, now: 0) }
        #expect(refusal?.what.contains("its path is 505 bytes long, and SQLite takes 504") == true)
    }

    @Test func aLockThatCannotBeMadeSaysWhatMendsIt() throws {
        let scratch = try Scratch()
        let error = #expect(throws: FileProblem.self) {
            try StoreLock(scratch.file("none/state.db.lock"))
        }
        #expect(error?.remedy == "let the gateway's user write to this folder")
    }
}
