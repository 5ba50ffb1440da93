import ArgumentParser
import Testing

@testable import ocmgate

@Suite struct CountOptionTests {
    @Test func whatIsNoCountIsRefused() throws {
        #expect(try CountOption.some("1") == 1)
        #expect(try CountOption.orNone("0") == 0)
        #expect(try CountOption.some("100000") == 100_000)
        for text in ["0", "-1", "", "ten", "1.5", "100001", "99999999999999999999", " 1"] {
            #expect(throws: ValidationError.self) { try CountOption.some(text) }
        }
    }
}
