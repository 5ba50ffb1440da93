import Testing

@testable import Federation

/// Limits and holds in the order of judgement.
@Suite struct LimitTests {
    private let body = """
        [list.partners]
        standing = "allow"
        entries = ["p.example"]
        [[require]]
        name = "signed"
        on = "*.in"
        need = "signature"
        [[limit]]
        name = "tried out"
        on = "*.in"
        per = "all"
        rate = "1/min"
        mode = "report"
        [[limit]]
        name = "off"
        on = "*.in"
        per = "all"
        rate = "1/min"
        mode = "open"
        [[limit]]
        name = "shares"
        on = "share.in"
        per = "sender"
        rate = "5/day"
        distinct = "recipient"
        [[limit]]
        name = "slow"
        on = "*.in"
        per = "peer"
        bytes = "1MB/hour"
        code = "too_much"
        status = 503
        hint = "Later"
        [[rule]]
        name = "groups wait"
        on = "share.in"
        when = { share_type = "group" }
        action = "hold"
        \(PolicySamples.allowAll)
        """

    /// What is asked, and the verdict when these limits are full.
    private func judge(
        _ facts: Facts, full: [String: Int] = [:], head: String = ""
    ) throws -> (asked: [String], verdict: Verdict) {
        let policy = try PolicySamples.policy(body, head: head)
        var asked: [String] = []
        let verdict = policy.evaluate(facts) { place in
            let name = place < 0 ? Policy.pingPongLabel : policy.limits[place].name
            asked.append(name)
            return full[name].map { .full(retryAfter: $0) } ?? .room
        }
        return (asked, verdict)
    }

    @Test func everyLimitThatMatchesIsAskedInItsOrder() throws {
        let (asked, verdict) = try judge(try PolicySamples.facts())
        #expect(asked == ["tried out", "shares", "slow"])
        #expect(verdict.action == .allow)
        #expect(verdict.checks.map(\.name).contains("limit:off"))
    }

    @Test func fullLimitRefusesInItsWordsAndSaysUntilWhen() throws {
        let shares = try judge(try PolicySamples.facts(), full: ["shares": 12]).verdict
        #expect(shares.by == "limit:shares")
        #expect(shares.denial?.status == 429 && shares.denial?.retryAfter == 12)
        #expect(shares.code == "limit_exceeded")
        let slow = try judge(try PolicySamples.facts(), full: ["slow": 0]).verdict
        #expect(slow.by == "limit:slow" && slow.code == "too_much" && slow.hint == "Later")
        #expect(slow.denial?.status == 503 && slow.denial?.retryAfter == 1)
    }

    /// What has been refused takes nobody's room.
    @Test func nothingIsAskedAfterARefusal() throws {
        let unsigned = try PolicySamples.facts { $0.signature = .none }
        #expect(try judge(unsigned).asked == [])
        let (asked, verdict) = try judge(try PolicySamples.facts(), full: ["shares": 1])
        #expect(asked == ["tried out", "shares"])
        #expect(verdict.checks.last { $0.name == "limit:slow" }?.result == .notReached)
    }

    @Test func limitInReportModeIsReported() throws {
        let verdict = try judge(try PolicySamples.facts(), full: ["tried out": 5]).verdict
        #expect(verdict.action == .allow && verdict.would == ["limit:tried out"])
    }

    @Test func policyInReportModeAsksAllOfThem() throws {
        let unsigned = try PolicySamples.facts { $0.signature = .none }
        let (asked, verdict) = try judge(
            unsigned, full: ["shares": 1, "slow": 1], head: "mode = \"report\"")
        #expect(asked == ["tried out", "shares", "slow"])
        #expect(verdict.action == .allow)
        #expect(verdict.would == ["require:signed", "limit:shares", "limit:slow"])
    }

    @Test func notificationsAreGuardedAgainstPingPong() throws {
        let (asked, verdict) = try judge(
            try PolicySamples.facts("notification.in"), full: [Policy.pingPongLabel: 30])
        #expect(asked == [Policy.pingPongLabel])
        #expect(verdict.by == "built-in:ping-pong" && verdict.code == "limit_exceeded")
        #expect(verdict.denial?.status == 429 && verdict.denial?.retryAfter == 30)
    }

    /// Nor does a test of a policy, or a question about one, say that the guard refuses them.
    @Test(arguments: [("SHARE_ACCEPTED", true), ("MESSAGE_POSTED", false)])
    func whatApplicationsSayIsNotCountedThere(_ type: String, _ isCounted: Bool) throws {
        let facts = try PolicySamples.facts("notification.in") { $0.notificationType = type }
        let (asked, verdict) = try judge(facts, full: [Policy.pingPongLabel: 30])
        #expect(asked.contains(Policy.pingPongLabel) == isCounted)
        #expect((verdict.action == .allow) == !isCounted)
        let check = verdict.checks.first { $0.name == Policy.pingPongLabel }
        #expect(check?.result == (isCounted ? .refused : .notApplicable))
    }

    @Test func ruleThatHoldsAnswersLater() throws {
        let verdict = try judge(try PolicySamples.facts { $0.shareType = "group" }).verdict
        #expect(verdict.action == .hold && verdict.by == "rule:groups wait")
        #expect(verdict.denial?.code == .held && verdict.denial?.status == 503)
        #expect(verdict.denial?.retryAfter == 3600)
        #expect(verdict.checks.contains { $0.result == .held })
    }

    @Test func strangersWaitUnderUnknownHold() throws {
        let stranger = try PolicySamples.facts("share.in", "x.example")
        let verdict = try judge(stranger, head: "unknown = \"hold\"").verdict
        #expect(verdict.action == .hold && verdict.by == "unknown")
        #expect(verdict.denial?.code == .peerHeld && verdict.denial?.retryAfter == 3600)
        #expect(try judge(stranger, head: "unknown = \"hold\"").asked == [])
        // Nobody can be decided about.
        var nobodys = stranger
        nobodys.peer = nil
        let refused = try judge(nobodys, head: "unknown = \"hold\"").verdict
        #expect(refused.action == .deny && refused.by == "unknown")
        #expect(refused.denial?.code == .peerUnknown && refused.denial?.status == 403)
    }

    /// Who leaves out what is counted by has no room of their own.
    @Test func roomIsHeldByThePeerWhereThereIsNobodyElse() throws {
        let limits = try PolicySamples.policy(body).limits
        let facts = try PolicySamples.facts()
        #expect(limits[2].holder(of: facts) == "sender alice@p.example")
        var nameless = facts
        nameless.sender = nil
        #expect(limits[2].holder(of: nameless) == limits[3].holder(of: facts))
        #expect(limits[0].holder(of: facts) == "")
        #expect(Limit.value(.recipient, of: facts) == "bob@here.example")
        nameless.sender = "νίκος@p.example"
        #expect(Limit.value(.sender, of: nameless) == "νίκοσ@p.example")
    }

    @Test(arguments: [
        ("60/min", 60, 60), ("1/s", 1, 1), ("100/15min", 100, 900), ("5/2hour", 5, 7200),
        ("50/day", 50, 86_400), ("7/31day", 7, 31 * 86_400),
    ])
    func rates(_ text: String, _ count: Int, _ seconds: Int) throws {
        let rate = try #require(Rate(text))
        #expect(rate == Rate(count: count, period: .seconds(seconds)))
        #expect(rate.description == text)
    }

    @Test(arguments: [
        "", "60", "/min", "60/", "0/min", "60/0min", "-1/min", "1.5/min", "60/minute", "60 /min",
        "60/32day", "10000000000/min", "60/min/s", "６0/min",
    ])
    func whatIsNoRateIsRefused(_ text: String) {
        #expect(Rate(text) == nil)
    }
}
