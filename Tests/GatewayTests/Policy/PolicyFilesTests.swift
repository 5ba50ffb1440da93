import Federation
import Testing

@testable import Gateway

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct PolicyFilesTests {
    @Test(arguments: [
        ("/proc/self/mem", "cannot be read: the system gives nothing of it"),
        ("/proc", "is not a regular file"), ("/dev/null", "is not a regular file"),
    ])
    func whatGivesNoTextSaysWhy(_ path: String, _ words: String) {
        let problem = #expect(throws: FileProblem.self) { try PolicyFiles.disk.read(path) }
        #expect(problem?.path == path && problem?.what == words)
    }

    /// Nobody writes there, and nobody waits for that.
    @Test func aPipeIsRefused() throws {
        let scratch = try Scratch()
        try #require(unsafe mkfifo(scratch.file("policy.toml"), 0o600) == 0)
        let problem = #expect(throws: FileProblem.self) {
            try PolicyFiles.disk.read(scratch.file("policy.toml"))
        }
        #expect(problem?.what == "is not a regular file")
    }

    @Test func whatIsNotThereIsNothing() throws {
        let scratch = try Scratch()
        #expect(try PolicyFiles.disk.read(scratch.file("policy.toml")) == nil)
    }

    /// The file has a hole of that size, which nobody reads.
    @Test func aFileThatIsFarTooLargeIsNotReadWhole() throws {
        let scratch = try Scratch()
        try scratch.write("", "policy.toml")
        try #require(unsafe truncate(scratch.file("policy.toml"), 1 << 30) == 0)
        let problem = #expect(throws: FileProblem.self) {
            try PolicyFiles.disk.read(scratch.file("policy.toml"))
        }
        #expect(problem?.what == "is longer than 16777216 bytes")
    }
}
