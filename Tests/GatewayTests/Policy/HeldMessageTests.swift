import Federation
import Testing

@testable import Gateway

@Suite struct HeldMessageTests {
    private func held(
        _ host: String, by: String = "rule:ask", _ change: (inout Facts) -> Void = { _ in }
    ) throws -> (peer: PeerHost, message: HeldMessage) {
        let peer = try #require(PeerHost(host))
        var facts = Facts.ordinary(Occasion(.share, .inbound), peer: peer)
        change(&facts)
        var record = DecisionRecord(
            id: "d", kind: "shares", direction: .inbound, action: .hold, by: by, status: 503,
            client: "192.0.2.7")
        record.peer = host
        return (peer, HeldMessage(facts, record, of: peer, at: 0))
    }

    private func again(
        _ held: (peer: PeerHost, message: HeldMessage), _ rule: String
    ) throws -> String? {
        let policy = try Policy.past(
            "[[rule]]\nname = \"ask\"\non = \"share.in\"\n\(rule)\naction = \"hold\"\n"
                + ReplayTests.all)
        return held.message.isHeldAgain(of: held.peer, by: policy, now: 0)
    }

    /// Letting the peer in helps only where the lists held it.
    @Test func aRuleHoldsItsMessagesAgain() throws {
        #expect(try again(held("one.test"), "") == "rule:ask")
        #expect(try again(held("one.test"), "except = \"@partners\"") == nil)
        #expect(try again(held("one.test", by: "unknown"), "") == nil)
        #expect(try again(held("one.test"), "peer = \"two.test\"") == nil)
        let big = try held("one.test") { $0.size = 5 << 30 }
        #expect(try again(big, "when = { permissions_not = [\"read\"] }") == nil)
        let writing = try held("one.test") { $0.permissions = Permissions(words: ["write"]) }
        #expect(try again(writing, "when = { permissions_not = [\"read\"] }") == "rule:ask")
    }

    @Test func howItWasSignedIsKeptWhereNobodyCheckedIt() throws {
        let peer = try #require(PeerHost("one.test"))
        var facts = Facts.ordinary(Occasion(.share, .inbound), peer: peer)
        facts.signature = .none
        var record = DecisionRecord(
            id: "d", kind: "shares", direction: .inbound, action: .hold, by: "guard:key_changed",
            status: 503, client: "192.0.2.7")
        record.claimed = "one.test"
        record.code = "key_changed"
        record.signature = .init(generation: "rfc9421-tag", result: "present")
        let message = HeldMessage(facts, record, of: peer, at: 0)
        #expect(message.signature == "none" && message.unverified == "rfc9421-tag")
        #expect(message.isOfOtherKeys)
        record.signature = .init(generation: "none", result: "absent")
        record.code = "peer_held"
        let other = HeldMessage(facts, record, of: peer, at: 0)
        #expect(other.unverified == nil && !other.isOfOtherKeys)
        record.signature = .unread
        #expect(HeldMessage(facts, record, of: peer, at: 0).unverified == nil)
    }

    @Test func oneThatAnotherNamedIsNotItsOwn() throws {
        let (_, message) = try held("two.test")
        var named = message
        named.namedBy = "one.test"
        let peer = try #require(PeerHost("two.test"))
        #expect(try again((peer, named), "") == nil)
    }
}
