import Federation
import Testing

@testable import Gateway

@Suite struct MessageFileTests {
    private func facts(
        _ text: String, ours: [String] = [], _ direction: Direction = .inbound
    ) throws -> Facts {
        let ours = try ours.map { try #require(PeerHost($0)) }
        return try MessageFile(Array(text.utf8), ours: ours, direction).facts
    }

    private static func form(_ path: String, _ form: String) -> String {
        "POST /ocs/v2.php/cloud/shares\(path) HTTP/1.1\nHost: old.test\n"
            + "Content-Type: application/x-www-form-urlencoded\n\n\(form)"
    }

    /// As the gateway knows them, whatever name of the site the message uses.
    @Test func peopleOfOursAreAtTheSitesOwnHost() throws {
        let share = Messages.share(from: "modern.test", to: "bob@old.test")
        #expect(try facts(share).recipient == "bob@old.test")
        #expect(try facts(share, ours: ["cloud.test", "old.test"]).recipient == "bob@cloud.test")
        let old = Self.form(
            "", "shareWith=bob&token=S&name=a&remoteId=7&owner=alice&remote=https%3A%2F%2Fone.test")
        #expect(try facts(old).recipient == "bob@old.test")
        let known = try facts(old, ours: ["cloud.test", "old.test"])
        #expect(known.recipient == "bob@cloud.test" && known.owner == "alice@one.test")
        #expect(known.permissions == .unspecified && known.signature == .none)
    }

    @Test func everyHostThatAMessageSpeaksForIsKnown() throws {
        let share = Messages.share(from: "modern.test", owner: "cavage.test")
        #expect(try facts(share).peer?.name == "modern.test")
        #expect(try facts(share).alsoNamed.map(\.name) == ["cavage.test"])
        #expect(try facts(Messages.share(from: "modern.test")).alsoNamed.isEmpty)
    }

    /// As the gateway would: who signed it, and the owner's host where nobody did.
    @Test func thePeerIsWhoSignedOrWhoHoldsTheData() throws {
        func peer(_ fields: String) throws -> String? {
            let share = Messages.share(from: "modern.test", owner: "cavage.test")
            return try facts(
                "POST /ocm/shares HTTP/1.1\nHost: cloud.test\nContent-Type: application/json\n"
                    + "\(fields)\n\(share)"
            ).peer?.name
        }
        func signed(by host: String) -> String {
            "Signature-Input: ocm=(\"@method\");created=1;keyid=\"\(host)#key1\"\n"
                + "Signature: ocm=:AAAA:\n"
        }
        #expect(try peer("") == "cavage.test")
        #expect(try peer(signed(by: "cavage.test")) == "cavage.test")
        #expect(try peer(signed(by: "modern.test")) == "modern.test")
        // Which the gateway refuses before any policy is asked.
        #expect(try peer(signed(by: "other.test")) == "modern.test")
        #expect(try peer("Signature: unreadable\n") == "modern.test")
        let notification =
            "POST /ocm/notifications HTTP/1.1\nHost: cloud.test\nContent-Type: application/json\n"
            + "\(signed(by: "modern.test"))\n\(Messages.notification())"
        #expect(try facts(notification).peer?.name == "modern.test")
    }

    @Test func whatGoesOutIsForWhomItNames() throws {
        let share = Messages.share(from: "old.test", requirements: "", to: "bob@modern.test")
        let facts = try facts(share, ours: ["cloud.test", "old.test"], .outbound)
        #expect(facts.occasion == Occasion(.share, .outbound))
        #expect(facts.peer?.name == "modern.test" && facts.alsoNamed.isEmpty)
        #expect(facts.owner == "alice@cloud.test" && facts.sender == "alice@cloud.test")
        #expect(facts.recipient == "bob@modern.test")
        #expect(facts.signature == .rfc9421 && facts.access == .token)
        let body = Messages.notification()
        #expect(try self.facts(body, .outbound).peer == nil)
        let request =
            "POST /ocm/notifications HTTP/1.1\nHost: modern.test\n"
            + "Content-Type: application/json\n\n\(body)"
        #expect(try self.facts(request, .outbound).peer?.name == "modern.test")
        #expect(try self.facts(request, .outbound).signature == .rfc9421)
    }

    /// Beside what nobody here knows, what is said counts.
    @Test(arguments: [
        (#"["write","execute"]}"#, ["write", "unspecified"]),
        (
            #"["write"]},"webapp":{"uriTemplate":"https://modern.test/a"}"#,
            ["write", "unspecified"]
        ),
        (
            #"["write"]},"webapp":{"uriTemplate":"https://modern.test/a","permissions":["read"]}"#,
            ["read", "write"]
        ),
    ])
    func permissionsAreThoseOfAllWaysTogether(_ ways: String, _ words: [String]) throws {
        let share = Messages.share(from: "modern.test", requirements: "")
            .replacing(#"["read"]}"#, with: ways)
        #expect(try facts(share).permissions.words == words)
    }

    @Test func whatTheOlderAPITellsOfAShareIsNoShare() throws {
        let facts = try facts(Self.form("/7/unshare", "token=S"))
        #expect(facts.occasion == Occasion(.ocs, .inbound))
        #expect(facts.notificationType == "SHARE_UNSHARED" && facts.signature == .none)
        #expect(facts.shareType == nil && facts.protocols.isEmpty)
        let out = try self.facts(Self.form("/7/unshare", "token=S"), .outbound)
        #expect(out.occasion == Occasion(.ocs, .outbound) && out.signature == .none)
    }
}
