import Federation
import Logging
import OpenSSL
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
            names(LogMembers(record(.allow)))
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
        let members = LogMembers(record)
        #expect(
            names(members) == [
                .decision, .kind, .direction, .action, .by, .code, .status, .peer, .claimed,
                .standing, .client, .signature, .ocm, .secrets, .policy, .checks, .would,
                .altered, .backendStatus, .timings, .detail,
            ])
        #expect(
            texts(members) == [
                #","decision":"x""#, #","kind":"shares""#, #","direction":"in""#,
                #","action":"deny""#, #","by":"rule.a""#, #","code":"c""#, #","status":201"#,
                #","peer":"p""#, #","claimed":"p""#, #","standing":"list""#, #","client":"::1""#,
                #","signature":{"generation":"cavage","result":"verified"}"#,
                #","ocm":{"share_type":"user"}"#, #","secrets":["f","g"]"#, #","policy":"h""#,
                #","checks":[{"name":"n","result":"passed"}]"#, #","would":["w"]"#,
                #","altered":["a"]"#, #","backend_status":200"#, #","timings":{"total":7}"#,
                #","detail":"d""#,
            ])
    }

    @Test func textHasTheSameFieldsAsJSON() {
        var record = record(.deny)
        record.detail = "a \"b\""
        record.protocols = ["webdav"]
        record.certificate = .init(names: [], fingerprint: "f")
        let line = LogLine.make(.text, time: 0, .notice, .decision, LogMembers(record))
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"1970-01-01T00:00:00.000Z notice ocm.decision decision="x" kind="shares""#
                + #" direction="in" action="deny" by="rule.a" status=201 client="::1""#
                + #" certificate={"names":[],"fingerprint":"f"} ocm={"protocols":["webdav"]}"#
                + #" detail="a \"b\"""# + "\n")
    }

    @Test func aListIsCutAndAFieldThatIsTooLongTakesNoMore() {
        var record = record(.allow)
        record.would = Array(repeating: "w", count: 100)
        record.altered = Array(repeating: String(repeating: "a", count: 1000), count: 64)
        record.checks = (0..<64).map {
            .init(name: "\($0)", result: "passed", reason: String(repeating: "r", count: 1000))
        }
        for text in texts(LogMembers(record)) {
            #expect(text.utf8.count < 16_384 + 1100)
            #expect((try? JSONValue(parsing: Array("{\(text.dropFirst())}".utf8))) != nil)
        }
        let would = texts(LogMembers(record)).first { $0.hasPrefix(",\"would\"") }
        #expect(would?.filter { $0 == "w" }.count == 64 + 1)
    }

    private func names(_ members: LogMembers) -> [LogField] {
        var names: [LogField] = []
        members.forEach { name, _ in names.append(name) }
        return names
    }

    private func texts(_ members: LogMembers) -> [String] {
        var texts: [String] = []
        members.forEach { _, written in
            texts.append(String(decoding: Array(written), as: UTF8.self))
        }
        return texts
    }
}
