import Foundation
import GRDB
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

    @Test func aLockThatCannotBeMadeSaysWhatMendsIt() throws {
        let scratch = try Scratch()
        let error = #expect(throws: FileProblem.self) {
            try StoreLock(scratch.file("none/state.db.lock"))
        }
        #expect(error?.remedy == "let the gateway's user write to this folder")
    }
}
