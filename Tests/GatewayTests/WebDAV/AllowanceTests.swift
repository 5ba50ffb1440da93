import Federation
import Testing

@testable import Gateway
@testable import Transport

@Suite struct AllowanceTests {
    private let allowance = Allowance()

    @Test func itHoldsForTheSamePolicyClientAndSecond() throws {
        let (policy, other) = (try policy(), try policy())
        let (client, stranger) = (IPAddress("192.0.2.1"), IPAddress("192.0.2.2"))
        #expect(!allowance.holds(under: policy, client, now: 7))
        allowance.note(under: policy, client, now: 7)
        #expect(allowance.holds(under: policy, client, now: 7))
        #expect(!allowance.holds(under: policy, client, now: 8))
        #expect(!allowance.holds(under: policy, stranger, now: 7))
        #expect(!allowance.holds(under: policy, nil, now: 7))
        #expect(!allowance.holds(under: other, client, now: 7))
    }

    private func policy() throws -> Policy {
        let text = """
            version = 1
            name = "test"
            mode = "enforce"
            default = "deny"
            unknown = "deny"
            """
        return try Policy(Array(text.utf8), file: "policy.toml", PolicyFiles { _ in nil })
    }
}
