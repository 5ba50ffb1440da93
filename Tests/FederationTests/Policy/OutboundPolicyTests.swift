import Testing

@testable import Federation

/// Lists, requirements and rules on the way out.
@Suite struct OutboundPolicyTests {
    private let body = """
        [list.partners]
        standing = "allow"
        entries = [".p.example", "old.example"]
        [list.bad]
        standing = "block"
        entries = ["bad.example"]
        [[require]]
        name = "we sign"
        on = ["share.out", "notification.out"]
        except = "old.example"
        need = "signature"
        [[require]]
        name = "tokens"
        on = "share.out"
        need = "token-exchange"
        [[require]]
        name = "invited"
        on = "share"
        peer = "mesh.p.example"
        need = "invite"
        [[rule]]
        name = "nothing secret leaves"
        on = "share.out"
        when = { owner = "board-*@here.example" }
        action = "deny"
        [[rule]]
        name = "colleagues read"
        on = "share.out"
        when = { recipient = "*@b.p.example", permissions = "read", protocol = "webdav" }
        action = "allow"
        [[rule]]
        name = "shares"
        on = "share.out"
        when = { share_type = "user", resource_type = "file", permissions_not = ["read", "write"] }
        action = "deny"
        [[rule]]
        name = "rest"
        on = ["*.out", "share.in"]
        action = "allow"

        """

    private func verdict(
        _ occasion: String = "share.out", _ peer: String? = "p.example",
        _ change: (inout Facts) -> Void = { _ in }
    ) throws -> Verdict {
        try PolicySamples.policy(body).evaluate(try PolicySamples.facts(occasion, peer, change))
    }

    @Test func theReceiverIsTheOneOnTheLists() throws {
        #expect(try verdict().by == "rule:rest")
        #expect(try verdict("share.out", "bad.example").by == "list:bad")
        #expect(try verdict("share.out", "nobody.example").by == "unknown")
        #expect(try verdict("webdav.out", "bad.example").code == "peer_blocked")
        #expect(try verdict("share.out", nil).by == "unknown")
    }

    @Test(arguments: [
        (SignatureFact.none, "require:we sign"), (.invalid, "require:we sign"),
        (.cavage, "rule:rest"), (.rfc9421, "rule:rest"),
    ])
    func aSignatureIsOneThatThePeerVerifies(_ fact: SignatureFact, _ by: String) throws {
        #expect(try verdict { $0.signature = fact }.by == by)
        let old = try verdict("share.out", "old.example") { $0.signature = fact }
        #expect(old.by == "rule:rest")
    }

    @Test func tokensAreWhatTheReceiverExchanges() throws {
        let denied = try verdict { $0.access = .secret }
        #expect(denied.by == "require:tokens")
        #expect(denied.code == "token_exchange_required")
        #expect(denied.status == 403)
    }

    @Test(arguments: ["share.in", "share.out"])
    func anInvitationCountsBothWays(_ occasion: String) throws {
        let denied = try verdict(occasion, "mesh.p.example") { $0.invite = .none }
        #expect(denied.by == "require:invited")
        #expect(denied.code == "invite_required")
        #expect(try verdict(occasion, "mesh.p.example").action == .allow)
        #expect(try verdict(occasion, "b.p.example") { $0.invite = .none }.action == .allow)
    }

    @Test func conditionsAreAboutOurSenderAndTheirRecipient() throws {
        #expect(
            try verdict { $0.owner = "board-1@here.example" }.by == "rule:nothing secret leaves")
        #expect(try verdict("share.out", "b.p.example").by == "rule:colleagues read")
        let more = try verdict("share.out", "b.p.example") { $0.protocols = ["webdav", "ssh"] }
        #expect(more.by == "rule:rest")
        let all = try verdict { $0.permissions = .unspecified }
        #expect(all.by == "rule:shares")
    }

    @Test func whatAPeerAdvertisesDoesNotBindUs() throws {
        let verdict = try verdict { $0.peerKeys = .advertised }
        #expect(verdict.action == .allow)
        let check = verdict.checks.first { $0.name == "built-in:advertised-keys" }
        #expect(check?.result == .notApplicable)
    }

    @Test func testsInThePolicySpeakOfTheWayOut() throws {
        let tests = """
            [[test]]
            name = "no share leaves for a server that exchanges no tokens"
            given = { on = "share.out", peer = "p.example", token_exchange = false }
            want = { action = "deny", by = "require:tokens" }
            [[test]]
            name = "not invited"
            given = { on = "share.out", peer = "mesh.p.example", invite = false }
            want = { action = "deny", code = "invite_required", status = 403 }
            [[test]]
            name = "unsigned"
            given = { on = "notification.out", peer = "p.example", signature = "none" }
            want = { action = "deny", code = "signature_required" }
            [[test]]
            name = "the recipient is theirs, the owner ours"
            given = { on = "share.out", peer = "b.p.example" }
            want = { action = "allow", by = "rule:colleagues read" }
            [[test]]
            name = "unshared all the same"
            given = { on = "notification.out", peer = "p.example", notification_type = "SHARE_UNSHARED" }
            want = { action = "allow" }
            [[test]]
            name = "a request for a share goes out"
            given = { on = "request-share.out", peer = "p.example" }
            want = { action = "allow", by = "rule:rest" }
            """
        for outcome in try PolicySamples.policy(body + tests).runTests() {
            #expect(outcome.differences == [], "\(outcome.test.name)")
        }
    }
}
