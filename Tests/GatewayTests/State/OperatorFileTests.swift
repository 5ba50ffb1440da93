import Foundation
import Gateway
import Testing

@Suite struct OperatorFileTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() }
    }

    @Test(arguments: [0o644, 0o640, 0o600, 0o444]) func theModeStaysAndNothingIsLeftBeside(
        _ mode: Int
    ) throws {
        try scratch.write("old", "policy.toml", mode: mode)
        try OperatorFile.rewrite(scratch.file("policy.toml"), Array("new".utf8))
        #expect(try String(contentsOfFile: scratch.file("policy.toml"), encoding: .utf8) == "new")
        #expect(try scratch.mode(of: "policy.toml") == mode)
        #expect(try names == ["policy.toml"])
    }

    @Test func aLinkStillLeadsToTheFile() throws {
        try scratch.write("old", "policy.toml")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link"), withDestinationPath: "policy.toml")
        try OperatorFile.rewrite(scratch.file("link"), Array("new".utf8))
        #expect(try String(contentsOfFile: scratch.file("policy.toml"), encoding: .utf8) == "new")
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: scratch.file("link"))
                == "policy.toml")
    }

    @Test func oneFileIsKnownByWhateverPath() throws {
        try scratch.write("text", "file")
        try scratch.write("text", "other")
        for (name, target) in [("link", "file"), ("folder", scratch.path)] {
            try FileManager.default.createSymbolicLink(
                atPath: scratch.file(name), withDestinationPath: target)
        }
        try FileManager.default.linkItem(
            atPath: scratch.file("file"), toPath: scratch.file("second"))
        for name in ["file", "link", "second", "folder/file", "./file"] {
            #expect(OperatorFile.isSame(scratch.file("file"), scratch.file(name)))
        }
        for name in ["./new", "folder/new", "none/../new"] {
            #expect(OperatorFile.isSame(scratch.file("new"), scratch.file(name)))
        }
        #expect(!OperatorFile.isSame(scratch.file("file"), scratch.file("other")))
        #expect(!OperatorFile.isSame(scratch.file("file"), scratch.file("new")))
        #expect(!OperatorFile.isSame(scratch.file("new"), scratch.file("newer")))
    }

    @Test func whereThereIsNoFileOneIsMadeThatAllMayRead() throws {
        for text in ["first", "second"] {
            try OperatorFile.write(scratch.file("list.txt"), Array(text.utf8))
            #expect(try String(contentsOfFile: scratch.file("list.txt"), encoding: .utf8) == text)
            #expect(try scratch.mode(of: "list.txt") == 0o644)
        }
        #expect(try names == ["list.txt"])
    }

    /// Of two edits made from the same text the second would take back the first.
    @Test func whatIsNotWhatWasReadAnyMoreStays() throws {
        try scratch.write("old", "list.txt")
        let file = scratch.file("list.txt")
        try OperatorFile.rewrite(file, Array("first".utf8), over: Array("old".utf8))
        #expect(throws: FileProblem.self) {
            try OperatorFile.rewrite(file, Array("second".utf8), over: Array("old".utf8))
        }
        #expect(try String(contentsOfFile: file, encoding: .utf8) == "first")
        #expect(try names == ["list.txt"])
    }

    @Test func whatIsNoFileIsRefusedAndNothingIsMade() throws {
        try FileManager.default.createDirectory(
            atPath: scratch.file("folder"), withIntermediateDirectories: false)
        for name in ["folder", "none"] {
            #expect(throws: FileProblem.self) {
                try OperatorFile.rewrite(scratch.file(name), [])
            }
        }
        #expect(try names == ["folder"])
    }
}
