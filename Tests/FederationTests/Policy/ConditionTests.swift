import Testing

@testable import Federation

@Suite struct ConditionTests {
    /// Whether a rule with the condition is about the message, in both its effects.
    private func holds(
        _ when: String, _ occasion: String = "share.in", _ change: (inout Facts) -> Void = { _ in }
    ) throws -> (allowing: Bool, refusing: Bool) {
        let facts = try PolicySamples.facts(occasion, "p.example", change)
        func action(_ action: String, _ other: String) throws -> Verdict.Action {
            try PolicySamples.policy(
                """
                [[rule]]
                name = "r"
                on = ["*.in", "*.out"]
                when = { \(when) }
                action = "\(action)"
                """, head: "unknown = \"allow\"\ndefault = \"\(other)\""
            ).evaluate(facts).action
        }
        return (try action("allow", "deny") == .allow, try action("deny", "allow") == .deny)
    }

    /// `permissions` of the condition, of the share, and whether an allowing and a refusing rule
    /// are about it (settled question 4).
    @Test(
        arguments: [
            (["read"], ["read"], true, true), (["read"], ["read", "write"], false, true),
            (["read", "write"], ["read"], true, true), (["write"], ["read"], false, false),
            // Unspecified stands for everything: an allowing rule must cover it all, a refusing one
            // needs only one of it.
            (["read"], ["unspecified"], false, true), (["share"], [], false, true),
            (["read", "write", "share"], ["unspecified"], true, true),
            // Unless the rule names it.
            (["unspecified"], ["unspecified"], true, true),
            (["read", "unspecified"], [], true, true),
            (["unspecified"], ["read"], false, false),
            (["read"], ["read", "execute"], false, true),
            // What is said beside it counts too.
            (["read", "unspecified"], ["read", "execute"], true, true),
            (["read", "unspecified"], ["write", "execute"], false, true),
            (["unspecified"], ["read", "unspecified"], false, true),
        ] as [([String], [String], Bool, Bool)])
    func permissionsAreCoveredToAllowAndTouchedToRefuse(
        _ named: [String], _ granted: [String], _ allowing: Bool, _ refusing: Bool
    ) throws {
        let got = try holds("permissions = \(named)") {
            $0.permissions = Permissions(words: granted)
        }
        #expect(got == (allowing, refusing))
    }

    @Test(
        arguments: [
            (["read"], ["read"], false), (["read"], ["read", "write"], true),
            (["read"], ["write"], true), (["read"], ["unspecified"], true),
            (["read", "write", "share"], ["unspecified"], false),
            (["read", "unspecified"], ["unspecified"], false),
            (["read", "unspecified"], ["read"], false),
            (["read", "unspecified"], ["write"], true), (["read"], ["execute"], true),
            (["read", "unspecified"], ["write", "execute"], true),
            (["read", "unspecified"], ["write", "unspecified"], true),
            (["read", "unspecified"], ["read", "execute"], false),
        ] as [([String], [String], Bool)])
    func permissionsNotIsAnythingBeyond(
        _ named: [String], _ granted: [String], _ beyond: Bool
    ) throws {
        let got = try holds("permissions_not = \(named)") {
            $0.permissions = Permissions(words: granted)
        }
        #expect(got == (beyond, beyond))
    }

    @Test func severalProtocolsAreAllCoveredToAllowAndOneIsEnoughToRefuse() throws {
        let both: (inout Facts) -> Void = { $0.protocols = ["webdav", "ssh"] }
        #expect(try holds("protocol = \"webdav\"", "share.in", both) == (false, true))
        #expect(try holds("protocol = [\"ssh\", \"webdav\"]", "share.in", both) == (true, true))
        #expect(try holds("protocol = \"webapp\"", "share.in", both) == (false, false))
        let types: (inout Facts) -> Void = { $0.accessTypes = ["remote", "datatx"] }
        #expect(try holds("access_types = \"datatx\"", "share.in", types) == (false, true))
    }

    @Test(arguments: [
        ("share_type = \"user\"", true), ("share_type = [\"group\", \"federation\"]", false),
        ("resource_type = [\"file\", \"folder\"]", true), ("resource_type = \"calendar\"", false),
        ("owner = \"*@p.example\"", true), ("owner = \"*@P.EXAMPLE:443\"", true),
        ("owner = \"*@q.example\"", false), ("sender = \"alice@*\"", true),
        ("sender = [\"bob@*\", \"alice@*\"]", true), ("recipient = \"bob@here.example\"", true),
        ("recipient = \"alice@*\"", false), ("net = \"192.0.2.0/24\"", true),
        ("net = [\"198.51.100.0/24\", \"192.0.2.7\"]", true), ("net = \"2001:db8::/32\"", false),
        ("size_max = 1000", true), ("size_max = \"999B\"", false), ("size_max = \"1KB\"", true),
        // All conditions of a block hold.
        ("share_type = \"user\", resource_type = \"file\"", true),
        ("share_type = \"user\", resource_type = \"folder\"", false),
    ])
    func conditionIsAboutTheMessage(_ when: String, _ expected: Bool) throws {
        let got = try holds(when) {
            $0.address = NetworkAddress("192.0.2.7")
            $0.size = 1000
        }
        #expect(got == (expected, expected))
    }

    /// The size is optional in the protocol, and the peer's own word.
    @Test func shareWithoutSizeIsWithinEveryLimit() throws {
        #expect(try holds("size_max = 0") == (true, true))
        #expect(try holds("size_max = 0", "notification.in") == (false, false))
    }

    @Test(arguments: [
        "share_type = \"user\"", "resource_type = \"file\"", "protocol = \"webdav\"",
        "permissions = \"read\"", "permissions_not = \"read\"", "size_max = 1", "owner = \"*\"",
        "sender = \"*\"", "recipient = \"*\"", "access_types = \"remote\"",
        "notification_type = \"SHARE_ACCEPTED\"",
    ])
    func factThatTheMessageDoesNotHaveFulfilsNothing(_ when: String) throws {
        let got = try holds(when, "notification.in") {
            $0 = Facts($0.occasion, peer: $0.peer, now: $0.now)
        }
        #expect(got == (false, false))
    }

    /// Of a code that the backend made before the gateway came nobody knows whose it is.
    @Test(arguments: [
        "resource_type = \"file\"", "owner = \"*@p.example\"", "sender = \"alice@*\"",
        "recipient = \"bob@*\"",
    ])
    func ofWhatACredentialOpensWhatIsNotKnownIsRefusedByAllAndLetInByNone(_ when: String) throws {
        for occasion in ["token.in", "webdav.in", "webdav.out"] {
            let got = try holds(when, occasion) {
                $0 = Facts($0.occasion, peer: $0.peer, now: $0.now)
            }
            #expect(got == (false, true), "\(occasion)")
            let other = try holds(when, occasion) {
                $0.resourceType = "calendar"
                ($0.owner, $0.sender, $0.recipient) = ("eve@q", "eve@q", "eve@q")
            }
            #expect(other == (false, false), "\(occasion)")
        }
    }

    /// On a Unix socket there is no address; nobody gets in by having none.
    @Test(arguments: ["net = \"0.0.0.0/0\"", "net = \"192.0.2.0/24\""])
    func whoHasNoAddressIsRefusedByEveryNetworkAndLetInByNone(_ when: String) throws {
        let got = try holds(when) { $0.address = nil }
        #expect(got == (false, true))
    }

    @Test func notificationTypeIsCompared() throws {
        let when = "notification_type = [\"SHARE_UNSHARED\", \"SHARE_ACCEPTED\"]"
        #expect(try holds(when, "notification.in") == (true, true))
        #expect(
            try holds("notification_type = \"SHARE_DECLINED\"", "notification.in") == (false, false)
        )
    }

    @Test(arguments: Federation.Notification.Kind.known)
    func everyTypeThatIsKnownCanBeNamed(_ type: Federation.Notification.Kind) throws {
        let when = "notification_type = \"\(type.word)\""
        let got = try holds(when, "notification.in") { $0.notificationType = type.word }
        #expect(got == (true, true))
    }

    /// What the older API tells of a share is no share.
    @Test(arguments: [
        "permissions = [\"read\"]", "permissions_not = [\"read\"]", "size_max = \"1GiB\"",
    ])
    func aChangeOfTheOlderAPIHasNeitherPermissionsNorASize(_ when: String) throws {
        let share = try holds(when, "ocs.in")
        #expect(share.refusing)
        let change = try holds(when, "ocs.in") { $0.notificationType = "SHARE_UNSHARED" }
        #expect(change == (false, false))
    }
}
