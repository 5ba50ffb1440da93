import Testing

@testable import Federation

/// What an ordinary message has, a real one has too: else a test says of a rule what never comes.
@Suite struct OrdinaryMessageTests {
    private func facts(_ occasion: String) throws -> Facts {
        try PolicySamples.facts(occasion)
    }

    @Test(arguments: [
        ("share.in", "alice@p.example", "bob@here.example"),
        ("share.out", "alice@here.example", "bob@p.example"),
        ("ocs.in", "alice@p.example", "bob@here.example"),
        // About a share of ours: a peer accepts it, exchanges its code, reads its data.
        ("notification.in", "alice@here.example", "bob@p.example"),
        ("notification.out", "alice@p.example", "bob@here.example"),
        ("token.in", "alice@here.example", "bob@p.example"),
        ("webdav.in", "alice@here.example", "bob@p.example"),
        ("webdav.out", "alice@p.example", "bob@here.example"),
    ])
    func peopleAreThoseOfTheShare(_ occasion: String, _ owner: String, _ recipient: String) throws {
        let facts = try facts(occasion)
        #expect(facts.owner == owner && facts.sender == owner && facts.recipient == recipient)
    }

    @Test func aRequestForAShareNamesTwoAndAnInvitationOne() throws {
        let request = try facts("request-share.in")
        #expect(request.owner == "alice@here.example" && request.recipient == "bob@p.example")
        #expect(request.sender == nil && request.shareType == nil && request.protocols.isEmpty)
        let invite = try facts("invite.in")
        #expect(invite.sender == "alice@p.example")
        #expect(invite.owner == nil && invite.recipient == nil)
    }

    /// No registry keeps for whom a share was, and a code or a request for data does not say.
    @Test(arguments: ["token.in", "token.out", "webdav.in", "webdav.out", "request-share.out"])
    func onlySharesHaveAType(_ occasion: String) throws {
        #expect(try facts(occasion).shareType == nil)
    }

    @Test func ofWhoReadsDataNothingIsKnown() throws {
        let facts = try facts("webdav.in")
        #expect(facts.mfa == .notEnforced && facts.keyPinned == .none && facts.invite == .none)
        #expect(facts.access == .token && facts.permissions == Permissions(words: ["read"]))
        #expect(try self.facts("webdav.out").mfa == .enforced)
    }

    @Test(arguments: ["notification.in", "invite.in", "request-share.in", "ocs.in"])
    func whatCarriesNoDataIsReachedByNoToken(_ occasion: String) throws {
        #expect(try facts(occasion).access == .secret)
    }

    @Test func theOlderAPINamesNoPermissions() throws {
        #expect(try facts("ocs.in").permissions == .unspecified)
    }

    /// Who is told by it of a share does not learn for whom that is, nor by what it is offered.
    @Test(arguments: ["ocs.in", "ocs.out"])
    func whatTheOlderAPITellsOfAShareIsOrdinaryAsANotification(_ occasion: String) throws {
        var given: [(key: String, value: TOMLNode.Content)] = [
            ("on", .string(occasion)), ("peer", .string("p.example")),
            ("notification_type", .string("SHARE_UNSHARED")),
        ]
        let findings = Findings(file: "given")
        let facts = try #require(Facts.given(given, findings))
        #expect(facts.shareType == nil && facts.protocols.isEmpty && facts.resourceType == nil)
        #expect(facts.invite == .none && facts.access == .secret && facts.signature == .none)
        #expect(facts.permissions == .unspecified && facts.notificationType == "SHARE_UNSHARED")
        #expect(
            facts.owner == (occasion == "ocs.in" ? "alice@here.example" : "alice@p.example"))
        #expect(facts.givenWords.map(\.key) == ["on", "peer", "notification_type"])
        // What is said counts.
        given.append(("share_type", .string("user")))
        #expect(Facts.given(given, findings)?.shareType == "user")
    }
}
