import Testing

@testable import Federation

@Suite struct MutantTests {
    private func changes(_ policy: Policy, _ grain: MutationGrain) -> [String] {
        policy.mutants(grain).filter { $0.label == "rule:one" }.map {
            String($0.change.dropFirst(10))
        }
    }

    private func policy() throws -> Policy {
        try PolicySamples.policy(
            """
            [[rule]]
            name = "one"
            on = "share.in"
            peer = "*.surf.example"
            when = { share_type = "user", owner = "*@med.example", net = "10.0.0.0/8", \
            time = "mon-fri 08:00-18:00 +01:00" }
            action = "deny"
            """ + "\n" + PolicySamples.allowAll)
    }

    @Test func singlePatternsAndWordsAreChanged() throws {
        let found = try changes(policy(), .values)
        for change in [
            #"peer "*.surf.example" becomes ".surf.example""#,
            #"peer "*.surf.example" becomes "surf.example""#,
            #"share_type "user" becomes "group""#,
            #"owner "*@med.example" becomes "*@*.med.example""#,
            #"net "10.0.0.0/8" becomes "10.0.0.0/7""#, #"net "10.0.0.0/8" becomes "10.0.0.0/9""#,
            #"time "mon-fri 08:00-18:00 +01:00" becomes "mon-fri 08:00-17:00 +01:00""#,
            #"time "mon-fri 08:00-18:00 +01:00" becomes "mon-fri 08:00-19:00 +01:00""#,
        ] {
            #expect(found.contains(change), "\(change) is not among \(found)")
        }
        #expect(try !changes(policy(), .blocks).contains { $0.contains("\" becomes \"*@") })
    }

    @Test(arguments: [
        ("0.0.0.0/0", ["0.0.0.0/1"]), ("192.0.2.7", ["192.0.2.6/31"]),
        ("192.0.2.0/24", ["192.0.2.0/23", "192.0.2.0/25"]), ("::/0", ["0:0:0:0:0:0:0:0/1"]),
        ("2001:db8::/64", ["2001:db8:0:0:0:0:0:0/63", "2001:db8:0:0:0:0:0:0/65"]),
    ])
    func networksHaveTheLargerAndTheSmallerBesideThem(_ text: String, _ others: [String]) throws {
        #expect(try #require(NetworkRange(text)).neighbours.map(\.description) == others)
    }

    @Test(arguments: [
        ("sat,sun", ["sat,sun 00:00-23:00"]), ("mon 08:00-09:00", ["mon 08:00-10:00"]),
        ("fri 22:00-24:00", ["fri 22:00-23:00", "fri 22:00-01:00"]),
        ("22:00-06:00 -03:30", ["22:00-05:00 -03:30", "22:00-07:00 -03:30"]),
    ])
    func timesHaveAnHourMoreAndLessBesideThem(_ text: String, _ others: [String]) throws {
        #expect(try #require(TimeWindow(text)).neighbours.map(\.description) == others)
    }
}
