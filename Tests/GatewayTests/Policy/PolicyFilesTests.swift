import Federation
import Testing

@testable import Gateway

@Suite struct PolicyFilesTests {
    @Test(arguments: [
        ("/proc/self/mem", "the system gives nothing of it"), ("/proc", "it is a directory"),
        ("/dev/null", "it is no regular file"),
    ])
    func whatGivesNoTextSaysWhy(_ path: String, _ words: String) {
        let error = #expect(throws: (any Error).self) { try PolicyFiles.disk.read(path) }
        #expect(error.map { "\($0)" } == words)
    }
}
