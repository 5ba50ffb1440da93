import Testing

@testable import Gateway

/// A watch that expectations can look through: they take no mutating calls.
private final class Watching {
    private var watch: PolicyWatch

    init(_ stamps: [String: FileStamp]) { watch = PolicyWatch(stamps) }

    func follow(_ stamps: [String: FileStamp]) { watch.follow(stamps) }

    func look(_ stamps: [String: FileStamp]) -> Bool { watch.look(stamps) }
}

@Suite struct PolicyWatchTests {
    private func stamp(_ inode: Int, size: Int = 10, at: Double = 1) -> FileStamp {
        FileStamp(device: 1, inode: inode, size: size, modified: at, changed: 0)
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

    @Test func filesThatAreFollowedFromNowOnAreNotReadTwice() {
        let watch = Watching(["p": stamp(1)])
        #expect(!watch.look(["p": stamp(2)]))
        #expect(watch.look(["p": stamp(2)]))
        let both = ["p": stamp(2), "l": stamp(3)]
        watch.follow(both)
        for _ in 0..<10 { #expect(!watch.look(both)) }
        // What changed since it was looked at is seen.
        let new = ["p": stamp(4), "l": stamp(3)]
        watch.follow(new)
        #expect(!watch.look(new))
        #expect(watch.look(new))
    }

    @Test func aFileThatThePolicyDoesNotNameIsNotFollowed() throws {
        let scratch = try Scratch()
        for name in ["policy.toml", "policy.test.toml", "named.txt", "log.txt", "other.toml"] {
            try scratch.write("", name)
        }
        let stamps = FollowedFiles.stamps(
            of: [scratch.file("policy.toml")], [scratch.file("named.txt")])
        #expect(
            Set(stamps.keys)
                == Set(["policy.toml", "policy.test.toml", "named.txt"].map(scratch.file)))
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
