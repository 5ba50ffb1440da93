import Foundation
import Testing

@testable import Gateway

@Suite struct PrivateFileTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func aFileIsMadeForItsOwnerAloneAndNeverOver() throws {
        let path = scratch.file("secret")
        try PrivateFile.create(path, Array("x".utf8))
        #expect(try scratch.mode(of: "secret") == 0o600)
        #expect(try PrivateFile.read(path) == Array("x".utf8))
        #expect(throws: PrivateFile.Problem.self) { try PrivateFile.create(path, []) }
        #expect(try PrivateFile.read(path) == Array("x".utf8))
    }

    @Test func aFileIsReplacedAndLeavesNothingBeside() throws {
        let path = scratch.file("table")
        try PrivateFile.replace(path, Array("x".utf8))
        try PrivateFile.replace(path, Array("y".utf8))
        #expect(try PrivateFile.read(path, readers: .everybody) == Array("y".utf8))
        try PrivateFile.create(scratch.file("secret"), [])
        #expect(throws: PrivateFile.Problem.self) { try PrivateFile.create(path, []) }
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
                == ["secret", "table"])
    }

    @Test(arguments: [0o620, 0o602, 0o666])
    func aFileThatOthersMayWriteIsRefusedAlsoWhereTheyMayRead(_ mode: Int) throws {
        try scratch.write("x", "table", mode: mode)
        #expect(throws: PrivateFile.Problem.self) {
            try PrivateFile.read(scratch.file("table"), readers: .everybody)
        }
    }

    @Test(arguments: [0o601, 0o604, 0o610, 0o640, 0o660, 0o666, 0o777])
    func aFileThatOthersMayUseIsRefusedWithTheRemedy(_ mode: Int) throws {
        try scratch.write("x", "secret", mode: mode)
        let problem = #expect(throws: PrivateFile.Problem.self) {
            try PrivateFile.read(scratch.file("secret"))
        }
        #expect(problem?.remedy == "chmod 600 \(scratch.file("secret"))")
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
        #expect(throws: PrivateFile.Problem.self) { try PrivateFile.read(scratch.file("link")) }
        #expect(try PrivateFile.read(scratch.file("link"), links: .followed) == Array("x".utf8))
        try scratch.write("x", "open", mode: 0o644)
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link2"), withDestinationPath: scratch.file("open"))
        #expect(throws: PrivateFile.Problem.self) {
            try PrivateFile.read(scratch.file("link2"), links: .followed)
        }
    }

    @Test func foldersAndGreatFilesAreRefused() throws {
        #expect(throws: PrivateFile.Problem.self) { try PrivateFile.read(scratch.path) }
        try scratch.write(String(repeating: "x", count: 101), "long")
        #expect(throws: PrivateFile.Problem.self) {
            try PrivateFile.read(scratch.file("long"), limit: 100)
        }
        #expect(throws: PrivateFile.Problem.self) { try PrivateFile.read(scratch.file("none")) }
    }
}
