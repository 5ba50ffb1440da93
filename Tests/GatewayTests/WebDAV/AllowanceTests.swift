import Federation
import Testing

@testable import Gateway
@testable import Transport

@Suite struct AllowanceTests {
    private let allowance = Allowance()

    @Test func itHoldsForTheSamePolicyClientProofAndSecond() throws {
        let (policy, other) = (try policy(), try policy())
        let (client, stranger) = (IPAddress("192.0.2.1"), IPAddress("192.0.2.2"))
        func under(
            _ policy: Policy, _ address: IPAddress?, _ mtls: MTLSFact = .verified, now: Int = 7
        ) -> Allowance.Circumstances {
            .init(policy: policy, address: address, mtls: mtls, now: now)
        }
        #expect(!allowance.holds(under: under(policy, client)))
        allowance.note(under: under(policy, client))
        #expect(allowance.holds(under: under(policy, client)))
        #expect(!allowance.holds(under: under(policy, client, now: 8)))
        #expect(!allowance.holds(under: under(policy, stranger)))
        #expect(!allowance.holds(under: under(policy, nil)))
        #expect(!allowance.holds(under: under(other, client)))
        // The same token over a connection that showed no certificate.
        #expect(!allowance.holds(under: under(policy, client, .none)))
    }

    @Test func aPolicyThatWasReplacedIsNotKept() throws {
        weak var former: Policy?
        func note() throws {
            let policy = try policy()
            former = policy
            allowance.note(under: .init(policy: policy, address: nil, mtls: .none, now: 7))
        }
        try note()
        #expect(former == nil)
        #expect(!allowance.holds(under: .init(policy: nil, address: nil, mtls: .none, now: 7)))
        let next = try policy()
        #expect(!allowance.holds(under: .init(policy: next, address: nil, mtls: .none, now: 7)))
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
