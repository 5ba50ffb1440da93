import Foundation
import Testing

@testable import Gateway

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct PrivateFileTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func aFileIsMadeForItsOwnerAloneAndNeverOver() throws {
        let path = scratch.file("secret")
        try PrivateFile.create(path, Array("x".utf8))
        #expect(try scratch.mode(of: "secret") == 0o600)
        #expect(try PrivateFile.read(path) == Array("x".utf8))
        #expect(throws: FileProblem.self) { try PrivateFile.create(path, []) }
        #expect(try PrivateFile.read(path) == Array("x".utf8))
    }

    @Test func causesAreInTheWordsOfTheSystem() throws {
        let missing = #expect(throws: (any Error).self) {
            try FileManager.default.contentsOfDirectory(atPath: scratch.file("none"))
        }
        #expect(missing.map { PrivateFile.cause(of: $0) } == "No such file or directory")
        // Where a file system has no hard links it is "Operation not permitted".
        try scratch.write("x", "there")
        let problem = #expect(throws: FileProblem.self) {
            try PrivateFile.create(scratch.file("there"), [])
        }
        #expect(problem?.what == "cannot be made: File exists")
    }

    @Test func whatHasNoFolderIsRefusedWithTheCommandThatMakesOne() throws {
        let problem = #expect(throws: FileProblem.self) {
            try PrivateFile.create(scratch.file("none/secret"), [])
        }
        #expect(problem?.what == "cannot be made: there is no folder \(scratch.file("none"))")
        #expect(problem?.remedy == "mkdir -p -m 700 \(scratch.file("none"))")
    }

    @Test func aFileIsReplacedAndLeavesNothingBeside() throws {
        let path = scratch.file("table")
        try PrivateFile.replace(path, Array("x".utf8))
        try PrivateFile.replace(path, Array("y".utf8))
        #expect(try PrivateFile.read(path, readers: .everybody) == Array("y".utf8))
        try PrivateFile.create(scratch.file("secret"), [])
        #expect(throws: FileProblem.self) { try PrivateFile.create(path, []) }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
                == ["secret", "table"])
    }

    /// What may not be looked at is not absent: neither keys nor shares are said to be none.
    @Test func aFolderThatCannotBeLookedIntoIsNotEmpty() throws {
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("loop"), withDestinationPath: scratch.file("loop"))
        let state = scratch.file("loop/state.db")
        #expect(PrivateFile.presence(scratch.path) == .there)
        #expect(PrivateFile.presence(scratch.file("none/state.db")) == .absent)
        guard case .denied = PrivateFile.presence(state) else {
            Issue.record("not denied")
            return
        }
        #expect(Store.hasBegun(state) && !Store.hasBegun(scratch.file("none/state.db")))
        let keys = #expect(throws: FileProblem.self) {
            try KeyRing(folder: scratch.file("loop/keys"), whenMissing: .refuse, now: 0)
        }
        #expect(keys?.what.hasPrefix("cannot be read") == true)
        #expect(KeyRing.loss(of: scratch.file("loop/keys"), state: state) == nil)
        let names = #expect(throws: FileProblem.self) {
            try PrivateFile.names(in: scratch.file("loop"))
        }
        #expect(names?.what.hasPrefix("cannot be read") == true)
        #expect(try PrivateFile.names(in: scratch.file("none")) == [])
        let shares = #expect(throws: FileProblem.self) { try ShareListing.one(state, "1") }
        #expect(shares?.what.hasPrefix("cannot be read") == true)
        let journal = #expect(throws: FileProblem.self) {
            try JournalReader(scratch.file("none")).days()
        }
        #expect(journal.map { "\($0)".contains("first start") } == true)
    }

    @Test func whyNothingWasReadOfAFileIsTold() throws {
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("loop"), withDestinationPath: scratch.file("loop"))
        #expect(PrivateFile.unread(scratch.file("none/x")).what == "there is no such file")
        #expect(PrivateFile.unread(scratch.path).what == "this cannot be read as a file")
        let denied = PrivateFile.unread(scratch.file("loop/x"))
        #expect(denied.what.hasPrefix("cannot be looked at: "), "\(denied)")
    }

    /// The way to a file ends there, or the way to what it is a link to. Root enters every one.
    @Test func theFolderThatIsShutIsNamed() throws {
        let shut = scratch.file("live")
        try PrivateFile.folder(shut)
        try PrivateFile.folder(shut + "/site")
        try PrivateFile.create(shut + "/site/key.pem", [])
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link"), withDestinationPath: "live/site/key.pem")
        let files = [shut + "/site/key.pem", shut + "/site/none.pem", scratch.file("link")]
        #expect(files.allSatisfy { PrivateFile.shutFolder(onTheWayTo: $0) == nil })
        func allow(_ mode: Int) throws {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: shut)
        }
        try allow(0)
        defer { try? allow(0o700) }
        let expected = geteuid() == 0 ? nil : shut
        for file in files { #expect(PrivateFile.shutFolder(onTheWayTo: file) == expected) }
        guard let expected else { return }
        let problem = PrivateFile.unread(files[0])
        #expect(problem.what == "cannot be looked at: this user may not enter \(expected)")
        #expect(problem.remedy == "see who may: ls -ld \(expected)")
    }

    @Test(arguments: [0o620, 0o602, 0o666])
    func aFileThatOthersMayWriteIsRefusedAlsoWhereTheyMayRead(_ mode: Int) throws {
        try scratch.write("x", "table", mode: mode)
        #expect(throws: FileProblem.self) {
            try PrivateFile.read(scratch.file("table"), readers: .everybody)
        }
    }

    @Test(arguments: [0o601, 0o604, 0o610, 0o640, 0o660, 0o666, 0o777])
    func aFileThatOthersMayUseIsRefusedWithTheRemedy(_ mode: Int) throws {
        try scratch.write("x", "secret", mode: mode)
        let problem = #expect(throws: FileProblem.self) {
            try PrivateFile.read(scratch.file("secret"))
        }
        #expect(problem?.remedy == "chmod 600 \(scratch.file("secret"))")
    }

    @Test func whoseAFileIsIsNamedAsOneRunsCommands() throws {
        try scratch.write("x", "secret")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link"), withDestinationPath: scratch.file("secret"))
        for name in ["secret", "link"] {
            #expect(
                PrivateFile.asOwner(of: scratch.file(name))
                    == "run this as that user: runuser -u \(NSUserName()) -- ocmgate ...")
        }
    }

    @Test func aFolderToWriteIsOneThatItsOwnerMayWriteTo() throws {
        let folder = scratch.file("state")
        try PrivateFile.folderToWrite(folder)
        #expect(try scratch.mode(of: "state") == 0o700)
        for (mode, what) in [
            (0o500, "its owner may not write here"), (0o777, "others may write to this folder"),
        ] {
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: folder)
            let problem = #expect(throws: FileProblem.self) {
                try PrivateFile.folderToWrite(folder)
            }
            #expect(problem?.what == what && problem?.remedy == "chmod 700 \(folder)")
        }
    }

    @Test(arguments: [0o600, 0o400])
    func aFileOfItsOwnerIsRead(_ mode: Int) throws {
        try scratch.write("x", "secret", mode: mode)
        #expect(try PrivateFile.read(scratch.file("secret")) == Array("x".utf8))
    }

    @Test func linksAreFollowedOnlyWhereTheyAreUsual() throws {
        try scratch.write("x", "secret")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link"), withDestinationPath: scratch.file("secret"))
        #expect(throws: FileProblem.self) { try PrivateFile.read(scratch.file("link")) }
        #expect(try PrivateFile.read(scratch.file("link"), links: .followed) == Array("x".utf8))
        try scratch.write("x", "open", mode: 0o644)
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link2"), withDestinationPath: scratch.file("open"))
        #expect(throws: FileProblem.self) {
            try PrivateFile.read(scratch.file("link2"), links: .followed)
        }
    }

    /// Nobody writes there, and nobody waits for that.
    @Test(arguments: [PrivateFile.Links.refused, .followed])
    func aPipeIsRefused(_ links: PrivateFile.Links) throws {
        try #require(unsafe mkfifo(scratch.file("pipe"), 0o600) == 0)
        let problem = #expect(throws: FileProblem.self) {
            try PrivateFile.read(scratch.file("pipe"), links: links)
        }
        #expect(problem?.what == "is not a regular file")
    }

    @Test func foldersAndGreatFilesAreRefused() throws {
        #expect(throws: FileProblem.self) { try PrivateFile.read(scratch.path) }
        try scratch.write(String(repeating: "x", count: 101), "long")
        #expect(throws: FileProblem.self) {
            try PrivateFile.read(scratch.file("long"), limit: 100)
        }
        #expect(throws: FileProblem.self) { try PrivateFile.read(scratch.file("none")) }
    }
}
