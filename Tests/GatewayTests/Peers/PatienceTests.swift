import Testing

@testable import Gateway

@Suite struct PatienceTests {
    @Test func quickWorkGivesItsResult() async {
        #expect(await Patience.result(within: .seconds(20)) { 7 } == 7)
    }

    @Test func slowWorkGivesNothingAndGoesOn() async {
        let done = TestCounter()
        let result = await Patience.result(within: .milliseconds(10)) {
            try? await Task.sleep(for: .milliseconds(100))
            done.add()
            return 7
        }
        #expect(result == nil)
        for _ in 0..<200 where done.value == 0 {
            try? await Task.sleep(for: .milliseconds(10))
        }
        #expect(done.value == 1)
    }
}
