import Testing

@testable import Federation

@Suite struct CriteriaTests {
    private func require(_ need: String, _ more: String = "") -> String {
        "[[require]]\nname = \"\(need)\"\non = \"share\"\nneed = \"\(need)\"\n\(more)\n"
    }

    @Test func criteriaAreWhatAnOrdinaryPeerMustDo() throws {
        let list = "[list.old]\nstanding = \"allow\"\nentries = []\n"
        let block = "[list.bad]\nstanding = \"block\"\nentries = []\n"
        let all = require("signature", "except = \"@old\"") + require("token-exchange")
        #expect(
            try PolicySamples.policy(list + all).criteria
                == ["must-use-http-sig", "must-exchange-token", "allowlist"])
        #expect(
            try PolicySamples.policy(list + block + all, head: "unknown = \"allow\"").criteria
                == ["must-use-http-sig", "must-exchange-token", "denylist"])
    }

    @Test func anInvitationThatEverybodyNeedsIsACriterion() throws {
        #expect(
            try PolicySamples.policy(require("invite"), head: "unknown = \"allow\"").criteria
                == ["must-invite"])
    }

    @Test(arguments: [
        "peer = \"x.example\"", "when = { share_type = \"group\" }", "mode = \"report\"",
        "mode = \"open\"",
    ])
    func whatIsNotDemandedOfEverybodyIsNoCriterion(_ more: String) throws {
        let policy = try PolicySamples.policy(
            require("signature", more), head: "unknown = \"allow\"")
        #expect(policy.criteria == [])
    }

    @Test func policyThatIsNotEnforcedHasNoCriteria() throws {
        for mode in ["report", "open"] {
            let policy = try PolicySamples.policy(require("signature"), head: "mode = \"\(mode)\"")
            #expect(policy.criteria == [])
        }
    }
}
