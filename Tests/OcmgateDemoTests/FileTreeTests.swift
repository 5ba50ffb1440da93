import Testing

@testable import ocmgate_demo

struct FileTreeTests {
    @Test func aFileHasItsFolders() {
        let tree = FileTree(["a/b/c.txt": "1", "a/d.txt": "2"])
        #expect(tree["a/b"] == .folder)
        #expect(tree.children(of: "a") == ["b", "d.txt"])
        #expect(tree.children(of: "") == ["a"])
    }

    @Test func writingNeedsTheFolderAbove() throws {
        var tree = FileTree()
        #expect(throws: FileTree.Failure.parentMissing) { try tree.write([1], to: "a/b") }
        try tree.makeFolder("a")
        let isNew = try tree.write([1], to: "a/b")
        let isNewAgain = try tree.write([2], to: "a/b")
        #expect(isNew && !isNewAgain)
        #expect(tree["a/b"] == .file([2]))
    }

    @Test func movingTakesAllThatIsBelow() throws {
        var tree = FileTree(["a/b/c.txt": "1"])
        let isNew = try tree.move("a", to: "z")
        #expect(isNew)
        #expect(tree["z/b/c.txt"] == .file([0x31]))
        #expect(tree["a"] == nil)
        #expect(throws: FileTree.Failure.missing) { try tree.move("z", to: "z/b/x") }
    }

    @Test func theRootStays() {
        var tree = FileTree(["a.txt": "1"])
        #expect(throws: FileTree.Failure.missing) { try tree.remove("") }
    }
}
