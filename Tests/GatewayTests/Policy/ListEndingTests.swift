import Federation
import Foundation
import Testing

@testable import Gateway

@Suite struct ListEndingTests {
    private static func day(_ seconds: Int) -> String {
        String(Date(timeIntervalSince1970: Double(seconds)).ISO8601Format().prefix(10))
    }

    /// Entries whose last days are so many days from a moment, on one list.
    private static func text(
        _ days: [Int], _ now: Int, stance: String = "allow", unknown: String = "deny"
    ) -> String {
        let entries = days.enumerated().map { number, days in
            "{ host = \"p\(number).test\", until = \(day(now + days * 86_400)) }"
        }
        return """
            version = 1
            name = "p"
            mode = "enforce"
            unknown = "\(unknown)"
            default = "deny"
            [list.silver]
            standing = "\(stance)"
            entries = ["always.test", \(entries.joined(separator: ", "))]

            """
    }

    private static let now = 1_700_000_000

    @Test func whatEndsSoonIsOneOfEachListTheFirst() throws {
        let policy = try Policy(
            Array(Self.text([20, 9, 3, -2], Self.now).utf8), file: "policy.toml",
            PolicyFiles { _ in nil })
        let soon = policy.endings(after: Self.now, by: Self.now + ListEnding.notice)
        #expect(soon.count == 1 && soon.first?.count == 2)
        let said = try #require(soon.first).words(now: Self.now)
        let end = Self.day(Self.now + 3 * 86_400)
        #expect(
            said.hasPrefix(
                "the list silver: p2.test until \(end) ends in 3 days (2 of its 5 entries do "
                    + "within 14); whom no other entry admits is refused then"), "\(said)")
        #expect(soon.first?.place?.description == "policy.toml:8")
        let over = policy.endings(after: .min, by: Self.now)
        #expect(over.map(\.count) == [1])
        #expect(over.first?.wordsOfEnded.contains("p3.test until 2023-11-12 is over") == true)
    }

    @Test func oneDayIsNoDays() {
        #expect(
            [0, 86_399, 86_400, 2 * 86_400].map(DaysAhead.words)
                == ["within a day", "within a day", "in 1 day", "in 2 days"])
    }

    @Test(
        arguments: [
            ("allow", "deny", "is refused then"), ("allow", "hold", "waits for a person then"),
            ("allow", "allow", "is on no list then"), ("block", "deny", "is kept out no more then"),
        ])
    func whatComesOfItHangsOnTheList(
        _ stance: String, _ unknown: String, _ words: String
    ) throws {
        let text = Self.text([1], Self.now, stance: stance, unknown: unknown)
        let policy = try Policy(
            Array(text.utf8), file: "policy.toml", PolicyFiles { _ in nil })
        let soon = policy.endings(after: Self.now, by: Self.now + ListEnding.notice)
        #expect(soon.first?.consequence.contains(words) == true)
    }

    /// What was over before was told then.
    @Test func theLogIsToldBeforeAndAtTheEnd() async throws {
        let world = try TestWorld()
        let now = world.clock.now
        try world.scratch.write(Self.text([20, 3, -1, -9], now), "policy.toml")
        await world.gateway.reloadPolicy()
        world.gateway.tellOfEndings()
        world.gateway.log.flush()
        let said = world.lines.objects.filter { $0["message"]?.string == "list.ends" }
        let problems = said.compactMap { $0["problem"]?.string }
        #expect(problems.count == 2, "\(problems)")
        #expect(problems.first?.contains("p2.test") == true, "\(problems)")
        #expect(problems.last?.contains("p1.test") == true, "\(problems)")
        #expect(said.allSatisfy { $0["level"]?.string == "warning" })
    }
}
