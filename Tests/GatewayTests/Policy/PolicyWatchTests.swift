import Testing

@testable import Gateway

/// A watch that expectations can look through: they take no mutating calls.
private final class Watching {
    private var watch: PolicyWatch

    init(_ stamps: [String: FileStamp]) { watch = PolicyWatch(stamps) }

    func look(_ stamps: [String: FileStamp]) -> Bool { watch.look(stamps) }
}

@Suite struct PolicyWatchTests {
    private func stamp(_ inode: Int, size: Int = 10, at: Double = 1) -> FileStamp {
        FileStamp(inode: inode, size: size, modified: at)
    }

    @Test func whatDoesNotChangeIsNotReadAgain() {
        let watch = Watching(["p": stamp(1)])
        for _ in 0..<10 { #expect(!watch.look(["p": stamp(1)])) }
    }

    @Test func aFileThatTookThePlaceOfAnotherIsReadAtOnce() {
        let watch = Watching(["p": stamp(1), "l": stamp(2)])
        let new = ["p": stamp(3), "l": stamp(2)]
        #expect(!watch.look(new))
        #expect(watch.look(new))
        #expect(!watch.look(new))
    }

    @Test func oneThatIsWrittenInPlaceIsWaitedFor() {
        let watch = Watching(["p": stamp(1)])
        for size in 11..<20 { #expect(!watch.look(["p": stamp(1, size: size)])) }
        let new = ["p": stamp(1, size: 19)]
        for _ in 0..<3 { #expect(!watch.look(new)) }
        #expect(watch.look(new))
    }

    @Test func oneThatIsGoneForAMomentIsWaitedFor() {
        let watch = Watching(["p": stamp(1)])
        for _ in 0..<3 { #expect(!watch.look([:])) }
        #expect(!watch.look(["p": stamp(1)]))
        #expect(!watch.look(["p": stamp(1)]))
        for _ in 0..<4 { #expect(!watch.look([:])) }
        #expect(watch.look([:]))
    }

    @Test func aChangeEverySecondIsSeen() {
        let watch = Watching(["p": stamp(1)])
        var reads = 0
        for second in 2..<12 {
            for _ in 0..<4 where watch.look(["p": stamp(second)]) { reads += 1 }
        }
        #expect(reads == 10)
    }

    @Test func aFileIsKnownByWhatItIs() throws {
        let scratch = try Scratch()
        try scratch.write("a", "p")
        let first = try #require(FileStamp(scratch.file("p")))
        #expect(FileStamp(scratch.file("p")) == first)
        try scratch.write("ab", "p")
        #expect(FileStamp(scratch.file("p")) != first)
        #expect(FileStamp(scratch.file("none")) == nil)
    }
}
