import Testing

@testable import Federation

/// Proofs name the facts of a message one by one, and no compiler asks for a new one there.
@Suite struct EveryFactTests {
    private static let message = Facts(Occasion(.share, .inbound), peer: nil, now: 0)
    private static let all = Set(Mirror(reflecting: message).children.compactMap(\.label))

    /// The names of the facts that two messages differ in.
    private static func differences(_ one: Facts, _ other: Facts) -> Set<String> {
        let pairs = zip(Mirror(reflecting: one).children, Mirror(reflecting: other).children)
        return Set(
            pairs.compactMap { left, right in
                "\(left.value)" == "\(right.value)" ? nil : left.label
            })
    }

    /// A policy that asks for everything, so that each fact has several values.
    @Test func messagesDifferInEveryFactThatPoliciesAskFor() throws {
        let policy = try PolicySamples.policy(
            """
            [[rule]]
            name = "all"
            on = "share.in"
            action = "deny"
            when = { share_type = "group", resource_type = "folder", protocol = "ssh", permissions = "read", size_max = 1, owner = "a@*", sender = "b@*", recipient = "c@*", access_types = "datatx", net = "192.0.2.0/24", software = "nextcloud*" }
            """)
        let space = try MessageSpace([policy], asked: [])
        var told: Set<String> = []
        for aspect in space.aspects {
            _ = space.question(aspect) { facts in
                told.formUnion(Self.differences(facts, Self.message))
                return true
            }
        }
        // With the peer stand the time and the lists; the rest no condition asks for.
        let byPeer: Set = ["peer", "now", "directory"]
        #expect(told.union(byPeer).union(["alsoNamed", "document"]) == Self.all)
        #expect(space.aspects.contains(.peer))
    }

    @Test func everyFactOfAnExampleIsMadeOrdinary() throws {
        var odd = Facts(
            Occasion(.share, .inbound), peer: PeerHost("p.example"), now: PolicyTest.ordinaryNow + 1
        )
        odd.address = NetworkAddress("192.0.2.7")
        (odd.signature, odd.peerKeys, odd.mtls) = (.invalid, .advertised, .verified)
        odd.software = "nextcloud 33.0.3"
        (odd.shareType, odd.resourceType) = ("group", "folder")
        (odd.protocols, odd.accessTypes, odd.size) = (["ssh"], ["datatx"], 1)
        (odd.owner, odd.sender, odd.recipient) = ("a@a.example", "b@b.example", "c@c.example")
        odd.notificationType = "SHARE_ACCEPTED"
        let ordinary = Facts.ordinary(odd.occasion, peer: odd.peer)
        // Of whom and what a message is stays; the rest no example has.
        let kept: Set = ["occasion", "peer", "alsoNamed", "directory", "document"]
        #expect(Self.differences(odd, ordinary).union(kept) == Self.all)
        var message = SampleMessage(facts: odd, lists: [:], full: [])
        for change in SampleMessage.simplifications { message = change(message) }
        #expect(Self.differences(message.facts, ordinary) == [])
    }
}
