import Federation
import Logging
import Testing

@testable import Gateway

@Suite struct DecisionRecordTests {
    private func record(_ action: DecisionRecord.Action) -> DecisionRecord {
        DecisionRecord(
            id: "x", kind: "shares", direction: .inbound, action: action, by: "rule.a",
            status: 201, client: "::1")
    }

    @Test func aRefusalIsNoErrorAndAFailureOfOursIsAWarning() {
        #expect(record(.allow).level == .info)
        #expect(record(.deny).level == .notice)
        #expect(record(.hold).level == .notice)
        #expect(record(.fail).level == .warning)
    }

    @Test func whatWouldHaveBeenRefusedIsANotice() {
        var record = record(.allow)
        record.would = ["rule.b"]
        #expect(record.level == .notice)
    }

    @Test func whoseEntryIsOverIsOnNoListForThatReason() throws {
        let text = """
            version = 1
            name = "p"
            mode = "enforce"
            unknown = "deny"
            default = "deny"
            [list.legacy]
            standing = "allow"
            entries = [{ host = "a.test", note = "until October", until = 2026-10-31 }]
            """
        let policy = try Policy(
            Array(text.utf8), file: "policy.toml", PolicyFiles { _ in nil })
        var facts = Facts.ordinary(Occasion(.share, .inbound), peer: PeerHost("a.test"))
        facts.now = 1_793_491_200
        let check = policy.evaluate(facts, room: Policy.roomForAll).checks.first?.logged
        #expect(
            check?.reason == "on no list; its entry in @legacy is over: a.test until 2026-10-31 "
                + "(until October)")
    }

    @Test func absentFactsAreAbsentFields() {
        #expect(
            record(.allow).entries.map(\.name)
                == [.decision, .kind, .direction, .action, .by, .status, .client])
    }

    @Test func everyFieldHasItsPlace() {
        var record = record(.deny)
        record.code = "c"
        record.detail = "d"
        record.peer = "p"
        record.claimed = "p"
        record.standing = "list"
        record.signature = .init(generation: "cavage", result: "verified")
        record.shareType = "user"
        record.fingerprints = ["f", "g"]
        record.policy = "h"
        record.checks = [.init(name: "n", result: "passed", reason: nil)]
        record.would = ["w"]
        record.altered = ["a"]
        record.backendStatus = 200
        record.timings = [(.total, 7)]
        #expect(
            record.entries.map(\.name) == [
                .decision, .kind, .direction, .action, .by, .code, .status, .peer, .claimed,
                .standing, .client, .signature, .ocm, .secrets, .policy, .checks, .would,
                .altered, .backendStatus, .timings, .detail,
            ])
        #expect(record.entries.contains { $0 == LogEntry(.secrets, texts: ["f", "g"]) })
    }
}
