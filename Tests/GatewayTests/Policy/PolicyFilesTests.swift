import Federation
import Testing

@testable import Gateway

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct PolicyFilesTests {
    @Test(arguments: [
        ("/proc/self/mem", "the system gives nothing of it"), ("/proc", "it is a directory"),
        ("/dev/null", "it is no regular file"),
    ])
    func whatGivesNoTextSaysWhy(_ path: String, _ words: String) {
        let error = #expect(throws: (any Error).self) { try PolicyFiles.disk.read(path) }
        #expect(error.map { "\($0)" } == words)
    }

    /// The file has a hole of that size, which nobody reads.
    @Test func aFileThatIsFarTooLargeIsNotReadWhole() throws {
        let scratch = try Scratch()
        try scratch.write("", "policy.toml")
        try #require(unsafe truncate(scratch.file("policy.toml"), 1 << 30) == 0)
        let error = #expect(throws: (any Error).self) {
            try PolicyFiles.disk.read(scratch.file("policy.toml"))
        }
        #expect(error.map { "\($0)" } == "it is larger than 16 MiB")
    }
}
