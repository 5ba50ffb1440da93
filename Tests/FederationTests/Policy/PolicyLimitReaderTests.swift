import Testing

@testable import Federation

/// What an operator reads when a limit cannot be used.
@Suite struct PolicyLimitReaderTests {
    @Test(arguments: [
        (
            "per = \"peer\"",
            "3:1: the limit counts nothing; write \"rate\", \"bytes\" or \"concurrent\""
        ),
        ("rate = \"5/min\"", "3:1: the key \"per\" of [limit] is missing"),
        (
            "per = \"peer\"\nrate = \"5/m\"",
            "7:8: \"5/m\" is not a rate like \"60/min\" (a number, and s, min, hour or day, or several: \"100/15min\")"
        ),
        (
            "per = \"peer\"\nrate = \"+5/min\"",
            "7:8: \"+5/min\" is not a rate like \"60/min\" (a number, and s, min, hour or day, or several: \"100/15min\")"
        ),
        (
            "per = \"all\"\nbytes = \"0MB/day\"",
            "7:9: \"0MB/day\" is not a rate of bytes like \"10GiB/day\" (a size, and s, min, hour or day, or several)"
        ),
        (
            "per = \"all\"\nbytes = \"5GB\"",
            "7:9: \"5GB\" is not a rate of bytes like \"10GiB/day\" (a size, and s, min, hour or day, or several)"
        ),
        (
            "per = \"peer\"\nrate = \"5/min\"\nconcurrent = 2",
            "3:1: the limit has \"rate\" and \"concurrent\"; one block, one measure: write a block for each"
        ),
        ("per = \"peer\"\nconcurrent = 2\nburst = 5", "8:1: \"burst\" belongs to a \"rate\""),
        (
            "per = \"peer\"\nrate = \"5/min\"\ndistinct = \"recipient\"\nburst = 9",
            "9:1: \"burst\" does not go with \"distinct\"; what is distinct is counted over the whole time of \"rate\""
        ),
        (
            "per = \"sender\"\nrate = \"5/min\"\ndistinct = \"sender\"",
            "8:1: each sender has only one sender: this limit is never full"
        ),
        (
            "per = \"user\"\nconcurrent = 2",
            "6:7: unknown value \"user\"; known here: peer, sender, recipient, all"
        ),
        ("per = \"peer\"\nconcurrent = 0", "7:14: 0 is not an integer from 1 to 1000000"),
    ])
    func limitMistakes(_ keys: String, _ problem: String) {
        PolicySamples.expect(
            PolicySamples.problems(ofBody: "[[limit]]\nname = \"l\"\non = \"*.in\"\n\(keys)\n"),
            problem)
    }

    @Test(arguments: [
        ("rate = \"60/min\"", Limit.Measure.rate(Rate(count: 60, period: .seconds(60)), burst: 60)),
        (
            "rate = \"1/15min\"\nburst = 4",
            .rate(Rate(count: 1, period: .seconds(900)), burst: 4)
        ),
        (
            "rate = \"50/day\"\ndistinct = \"recipient\"",
            .distinct(.recipient, Rate(count: 50, period: .seconds(86_400)))
        ),
        ("bytes = \"2GB/hour\"", .bytes(ByteCount(2_000_000_000), period: .seconds(3600))),
        ("concurrent = 8", .concurrent(8)),
    ])
    func whatALimitMeasures(_ keys: String, _ measure: Limit.Measure) throws {
        let policy = try PolicySamples.policy(
            "[[limit]]\nname = \"l\"\non = \"share\"\nper = \"peer\"\n\(keys)\n")
        #expect(policy.limits.first?.measure == measure)
        #expect(policy.limits.first?.label == "limit:l")
    }

    @Test func aLimitHasNoNameOfABuiltInOne() {
        PolicySamples.expect(
            PolicySamples.problems(
                ofBody:
                    "[[limit]]\nname = \"built-in:ping-pong\"\non = \"share\"\nper = \"all\"\nrate = \"1/s\"\n"
            ), "4:1: \"built-in:ping-pong\" is the name of a built-in limit; choose another")
    }

    /// What is wrong is told where it is, and not once more at all that names it.
    @Test func aWrongLimitKeepsItsName() {
        PolicySamples.expect(
            PolicySamples.problems(
                ofBody: """
                    [[limit]]
                    name = "flood"
                    on = "share.in"
                    per = "peer"
                    rate = "60/mn"
                    [[test]]
                    name = "t"
                    given = { on = "share.in", over = ["flood"] }
                    want = { by = "limit:flood" }
                    """
            ).filter { !$0.contains(":7:") })
    }
}
