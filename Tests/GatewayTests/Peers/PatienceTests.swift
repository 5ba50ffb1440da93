import Testing

@testable import Gateway

@Suite struct PatienceTests {
    @Test func quickWorkGivesItsResult() async {
        #expect(await Patience.result(within: .seconds(300)) { 7 } == 7)
    }

    @Test func slowWorkGivesNothingAndGoesOn() async {
        let done = TestCounter()
        let (signals, go) = AsyncStream.makeStream(of: Void.self)
        let result = await Patience.result(within: .milliseconds(10)) {
            for await _ in signals { break }
            done.add()
            return 7
        }
        #expect(result == nil)
        go.yield()
        for _ in 0..<3000 where done.value == 0 {
            try? await Task.sleep(for: .milliseconds(10))
        }
        #expect(done.value == 1)
    }
}
