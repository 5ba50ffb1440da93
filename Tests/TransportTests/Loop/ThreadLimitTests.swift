import OpenSSL
import Testing

@testable import Transport

@Suite struct ThreadLimitTests {
    @Test(arguments: [(0, 0), (18, 18), (19, nil)] as [(Int, Int?)])
    func withTooFewTheProcessDoesNotBegin(_ count: Int, _ tooFew: Int?) {
        let needed = ThreadLimit.needed(loops: 2, cores: 2)
        #expect(ThreadLimit.tooFew(of: needed) { min($0, count) } == tooFew)
    }

    @Test func thoseThatAreTriedAreThere() {
        #expect(ProcessThreads.attempt(8) == 8)
        #expect(ProcessThreads.attempt(0) == 0)
        #expect(ThreadLimit.tooFew(loops: 2, cores: 2) == nil)
    }
}
