import Federation
import Testing

@testable import Gateway

/// Seals by hiding behind a number, so that a test sees what is sealed and for whom.
final class OpenSeals {
    private(set) var subjects: [JournalSubject] = []
    private var texts: [String: String] = [:]

    func sealer() throws -> PersonSealer {
        let site = try #require(PeerHost("cloud.test"))
        return PersonSealer(site: site, accounts: SealedAccounts()) { [self] subject, text in
            if !subjects.contains(subject) { subjects.append(subject) }
            let number = subjects.firstIndex(of: subject) ?? 0
            let digest = [UInt8](repeating: 0, count: 11) + [UInt8(number + 1)]
            return SealedPerson(
                pseudonym: JournalPseudonym(digest: digest), host: subject.host,
                sealed: Array(text.utf8.reversed()))
        }
    }

    static let people = JournalPeople { _, sealed in
        String(decoding: sealed.reversed(), as: UTF8.self)
    }
}

@Suite("What the journal keeps of a decision")
struct JournalRecordTests {
    static func facts(_ change: (inout Facts) -> Void = { _ in }) throws -> Facts {
        var facts = Facts.ordinary(
            Occasion(.share, .inbound), peer: PeerHost("one.test"))
        facts.owner = "alice@one.test"
        facts.sender = "alice@one.test"
        facts.recipient = "bob@cloud.test"
        facts.address = NetworkAddress("192.0.2.7")
        change(&facts)
        return facts
    }

    static func record(
        _ facts: Facts? = nil, client: String = "192.0.2.7", detail: String? = nil
    ) -> JournalRecord {
        var decision = DecisionRecord(
            id: "06abcdefgh234567", kind: "shares", direction: .inbound, action: .allow,
            by: "rule:all", status: 201, client: client)
        decision.peer = "one.test"
        decision.policy = "0123456789abcdef"
        decision.detail = detail
        decision.fingerprints = ["00112233"]
        decision.timings = [(.total, 1234)]
        var record = JournalRecord(decision, facts: facts)
        record.checks = [
            Check("list:partners", .passed, .onNoList), Check("rule:none", .notApplicable),
            Check("rule:all", .allowed),
        ]
        return record
    }

    static func line(_ record: JournalRecord, _ seals: OpenSeals = OpenSeals()) throws
        -> JournalLine
    {
        let line = record.text.line(seq: 7, time: 1_700_000_000_123, try seals.sealer())
        return try #require(JournalLine(line[...].dropLast()))
    }

    @Test func aRecordIsReadBackWhole() throws {
        var record = Self.record(try Self.facts())
        record.candidate = .init(
            policy: "fedcba9876543210", action: .deny, by: "rule:none", code: "not_allowed",
            would: ["x"])
        record.decision.certificate = .init(names: ["one.test"], fingerprint: "0a1b")
        let line = try Self.line(record)
        let certificate = line.member("certificate")?.object
        #expect(certificate?["names"]?.array == [.string("one.test")])
        #expect(certificate?["fingerprint"]?.string == "0a1b")
        #expect(line.seq == 7)
        #expect(line.kind == .decision)
        #expect(line.time == 1_700_000_000_123)
        let read = try #require(JournalDecision(line, OpenSeals.people))
        #expect(read.id == "06abcdefgh234567")
        #expect(read.time == 1_700_000_000_123)
        #expect(read.action == .allow)
        #expect(read.by == "rule:all")
        #expect(read.status == 201)
        #expect(read.peer == "one.test")
        #expect(read.client == "192.0.2.7")
        #expect(read.policy == "0123456789abcdef")
        #expect(read.secrets == ["00112233"])
        #expect(read.checks.map(\.name) == ["list:partners", "rule:none", "rule:all"])
        #expect(read.checks.map(\.result) == ["passed", "not-applicable", "allowed"])
        #expect(read.candidate == record.candidate)
        #expect(read.facts == record.facts)
        #expect(read.wasJudged)
        #expect(JournalDecision.facts(of: line.members, OpenSeals.people) == record.facts)
    }

    /// As the gateway fills them in: the log's short form beside the journal's own.
    @Test func aCandidateThatDiffersIsToldOnce() throws {
        var record = Self.record(try Self.facts())
        record.candidate = .init(
            policy: "fedcba9876543210", action: .deny, by: "rule:none", code: "not_allowed",
            would: ["x"])
        record.decision.candidate = .init(
            policy: "fedcba9876543210", action: "deny", by: "rule:none", code: "not_allowed")
        let read = try #require(JournalDecision(try Self.line(record), OpenSeals.people))
        #expect(read.candidate == record.candidate)
        record.candidate = nil
        #expect(try Self.line(record).member("candidate") != nil)
    }

    @Test func whatTheMessageDoesNotSayIsNotOrdinaryWhenReadBack() throws {
        for kind in MessageKind.allCases {
            for direction in Direction.allCases {
                let facts = Facts(Occasion(kind, direction), peer: nil, now: 1_700_000_000)
                let line = try Self.line(Self.record(facts, client: "unix"))
                #expect(JournalDecision(line, OpenSeals.people)?.facts == facts)
            }
        }
    }

    @Test func everyFactSurvives() throws {
        for signature in SignatureFact.allCases {
            let facts = try Self.facts { facts in
                facts.signature = signature
                facts.peerKeys = .advertised
                facts.access = .token
                facts.invite = .accepted
                facts.mfa = .enforced
                facts.keyPinned = .pinned
                facts.directory = signature == .none ? .none : .listed
                facts.mtls = .verified
                facts.software = "nextcloud 33.0.3"
                facts.shareType = "group"
                facts.resourceType = "calendar"
                facts.protocols = ["webdav", "ssh"]
                facts.permissions = Permissions(words: ["read", "share"])
                facts.accessTypes = ["remote"]
                facts.size = 12_345_678_901
                facts.notificationType = "SHARE_ACCEPTED"
            }
            let line = try Self.line(Self.record(facts))
            #expect(JournalDecision(line, OpenSeals.people)?.facts == facts)
        }
    }

    @Test(arguments: PeerKeys.allCases)
    func whatNobodyAskedThePeerForIsNotTold(_ keys: PeerKeys) throws {
        let facts = try Self.facts {
            ($0.document, $0.peerKeys, $0.mfa, $0.software) = (.unread, keys, .notEnforced, nil)
        }
        var record = Self.record(facts)
        record.candidate = .init(
            policy: "fedcba9876543210", action: .allow, by: "rule:all", code: nil, would: [],
            isCertain: false)
        let line = try Self.line(record)
        let written = try #require(line.member("facts")?.object)
        #expect(written["mfa"] == nil)
        // It has signed before.
        #expect((written["advertises_keys"] == nil) == (keys == .none))
        let read = try #require(JournalDecision(line, OpenSeals.people))
        #expect(read.facts == facts)
        #expect(read.candidate == record.candidate)
    }

    @Test func noAddressOfAPersonIsReadable() throws {
        let seals = OpenSeals()
        let line = try Self.line(
            Self.record(
                try Self.facts(), detail: "the share of alice@one.test (for bob@cloud.test) is over"
            ),
            seals)
        for name in ["alice", "bob", "192.0.2.7"] { #expect(!line.text.contains(name)) }
        #expect(
            seals.subjects.map(\.name) == ["192.0.2.7", "alice@one.test", "bob@cloud.test"])
        let read = try #require(JournalDecision(line))
        #expect(read.facts?.owner == "~000000000000000000000002@one.test")
        #expect(
            read.detail
                == "the share of ~000000000000000000000002@one.test "
                + "(for ~000000000000000000000003@cloud.test) is over")
    }

    @Test func whoIsMentionedWithTheirHostTwiceIsTheSameOne() throws {
        let seals = OpenSeals()
        let line = try Self.line(
            Self.record(detail: "of u@https://one.test@one.test, who is u@one.test"), seals)
        #expect(seals.subjects.map(\.name) == ["192.0.2.7", "u@one.test"])
        let person = "~000000000000000000000002@one.test"
        #expect(JournalDecision(line)?.detail == "of \(person), who is \(person)")
    }

    @Test func theMachineItselfIsNobody() throws {
        for client in ["127.0.0.1", "::1", "unix"] {
            let seals = OpenSeals()
            let line = try Self.line(Self.record(client: client), seals)
            #expect(line.member("client")?.string == client)
            #expect(seals.subjects.isEmpty)
        }
    }

    /// The bound is what decides how much of a record is written.
    @Test func noLineIsLongerThanItsBound() throws {
        let words = String(repeating: "\u{7}", count: 900) + " alice@one.test"
        var record = Self.record(try Self.facts(), detail: words)
        record.decision.would = [words, "x: \(words)"]
        var body = JournalBody(bytes: [], form: .json)
        body.members = JSONObject([
            ("owner", .string("alice@one.test")), ("name", .string(words)),
            ("ownerDisplayName", .string(words)), ("sender", .string("carl@two.test")),
        ])
        record.body = body
        let text = record.text
        #expect(text.line(try OpenSeals().sealer()).count <= text.mostBytes)
        #expect(text.mostBytes < 32_768)
        body.members = JSONObject([
            ("owner", .string("alice@one.test")),
            ("name", .string(String(repeating: "n", count: 30_000))),
        ])
        record.body = body
        let line = try Self.line(record)
        #expect(line.member("body") == nil && line.member("facts") != nil)
        record.checks = (0..<64).map { Check("rule:\($0)" + words, .notApplicable) }
        record.decision.would = Array(repeating: words, count: 20)
        let bare = try Self.line(record)
        #expect(bare.member("would")?.array?.count == 1)
        #expect(bare.member("would_omitted")?.number?.integer == 19)
        #expect(bare.member("checks") == nil && bare.member("facts_omitted")?.bool == true)
        #expect(bare.bytes.count < 32_768)
    }

    /// A message judged by half of its facts is another message.
    @Test func longChecksCutNoFacts() throws {
        let facts = try Self.facts {
            $0.protocols = ["webdav", "ssh"]
            $0.permissions = Permissions(words: ["read", "share"])
        }
        var record = Self.record(facts)
        let name = "rule:" + String(repeating: "n", count: 500)
        record.checks = (0..<40).map { Check(name + "\($0)", .notApplicable) }
        record.decision.checks = (0..<40).map {
            DecisionRecord.Check(name: name + "\($0)", result: "passed", reason: nil)
        }
        record.decision.altered = ["token exchange"]
        let line = try Self.line(record)
        #expect(JournalDecision(line, OpenSeals.people)?.facts == facts)
        #expect(line.member("altered")?.array == [.string("token exchange")])
        #expect(line.member("timings")?.object?["total"]?.number?.integer == 1234)
    }

    @Test func factsThatWouldBeCutAreLeftOut() throws {
        let facts = try Self.facts { $0.protocols = (0..<200).map { "p\($0)" } }
        let line = try Self.line(Self.record(facts))
        #expect(JournalDecision(line)?.facts == nil)
        #expect(line.member("facts_omitted")?.bool == true)
    }
}
