import Federation
import Foundation

/// What a decision of the policy costs: time (median of batches) and memory; a Markdown table.
///
/// Ends with 1 when a bound of `docs/performance.md` is not kept.
@main
struct PolicyBench {
    static func main() throws {
        let file = CommandLine.arguments.dropFirst().first ?? "docs/policy.example.toml"
        let policy = try Policy.load(
            file: file,
            PolicyFiles { path in FileManager.default.contents(atPath: path).map { [UInt8]($0) } })
        let messages = policy.tests.map(\.facts)
        guard !messages.isEmpty else { throw Unusable() }
        var rows = [try decisions(policy, messages), try memory(policy, messages)]
        let lists = try longLists()
        let peers = try peers()
        for peer in peers {
            precondition(
                (lists.standing(of: peer.host, now: 0).word == .block) == peer.isListed,
                "\(peer.host)")
        }
        rows.append(
            time("a peer among 100,000 entries", of: 500_000, atMost: 1_000) { number in
                let peer = peers[number % peers.count].host
                return lists.standing(of: peer, now: 0).word == .unknown ? 0 : 1
            })
        print("| what | median | at most |\n|---|---|---|")
        for row in rows { print("| \(row.what) | \(row.got) | \(row.most) |") }
        if rows.contains(where: { !$0.isKept }) { exit(1) }
    }

    private struct Unusable: Error {}

    private struct Row {
        let what: String
        let got: String
        let most: String
        let isKept: Bool
    }

    private static func decisions(_ policy: Policy, _ messages: [Facts]) throws -> Row {
        time("a decision with the example policy", of: 1_000_000, atMost: 5_000) { number in
            let verdict = policy.evaluate(
                messages[number % messages.count], room: Policy.roomForAll)
            return verdict.action == .allow ? 1 : 0
        }
    }

    /// The resident memory that a million decisions add to what the first hundred thousand took.
    private static func memory(_ policy: Policy, _ messages: [Facts]) throws -> Row {
        var allowed = 0
        for number in 0..<100_000 {
            let facts = messages[number % messages.count]
            if policy.evaluate(facts, room: Policy.roomForAll).action == .allow { allowed += 1 }
        }
        let before = try residentBytes()
        for number in 0..<1_000_000 {
            let facts = messages[number % messages.count]
            if policy.evaluate(facts, room: Policy.roomForAll).action == .allow { allowed += 1 }
        }
        let grown = try residentBytes() - before
        return Row(
            what: "memory that a million decisions leave behind",
            got: "\(max(grown, 0) / 1024) KiB", most: "64 KiB",
            isKept: grown <= 64 << 10 && allowed > 0)
    }

    /// The median of batches of a thousand calls, per call.
    private static func time(
        _ what: String, of count: Int, atMost nanoseconds: Int, _ body: (Int) -> Int
    ) -> Row {
        let clock = ContinuousClock()
        var sum = 0
        var batches: [Int] = []
        for batch in 0..<count / 1_000 {
            let taken = clock.measure {
                for number in 0..<1_000 { sum &+= body(batch &* 1_000 &+ number) }
            }
            batches.append(Int(taken.components.attoseconds / 1_000_000_000) / 1_000)
        }
        let median = batches.sorted()[batches.count / 2]
        return Row(
            what: what, got: "\(median) ns", most: "\(nanoseconds) ns",
            isKept: median <= nanoseconds && sum > 0)
    }

    /// A list of 100,000 hosts of every form.
    private static func longLists() throws -> Policy {
        var text = ""
        for number in 0..<100_000 {
            text += ["", "*.", "."][number % 3] + "host\(number).site\(number % 997).example\n"
        }
        let list = Array(text.utf8)
        let policy = """
            version = 1
            name = "lists"
            [list.long]
            standing = "block"
            source = "long.txt"
            """
        return try Policy(
            Array(policy.utf8), file: "policy.toml", PolicyFiles { $0 == "long.txt" ? list : nil })
    }

    /// Peers that an entry names, in each of the forms of ``longLists()``, and a fourth that none does.
    private static func peers() throws -> [(host: PeerHost, isListed: Bool)] {
        try (0..<3_000).map { number in
            let place = number * 31
            let host = "host\(place).site\(place % 997).example"
            let isListed = number % 4 != 3
            let name =
                switch place % 3 {
                case 0: isListed ? host : "a.\(host)"
                case 1: isListed ? "a.b.\(host)" : host
                case _ where !isListed: "c\(number).elsewhere.example"
                case _: number % 2 == 0 ? host : "a.\(host)"
                }
            guard let peer = PeerHost(name) else { throw Unusable() }
            return (peer, isListed)
        }
    }

    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        guard let pages = text.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Unusable()
        }
        return pages * 4096
    }
}
