import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate journal search`.
struct JournalSearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find decisions.",
        discussion: """
            All that is given has to fit. Exit codes: 0 found, 1 nothing found, 2 the journal cannot \
            be read.
            """)

    @OptionGroup var journal: JournalOptions
    @OptionGroup var filter: JournalFilter

    @Option(help: "At most so many, the newest of them.")
    var limit: Int?

    func run() throws {
        let people = try journal.people()
        let search = try filter.search(journal)
        var newest: [JournalLine] = []
        var count = 0
        do {
            try search.run(try journal.reader()) { line in
                count += 1
                guard let limit else {
                    journal.show(line, people)
                    return .goOn
                }
                newest.append(line)
                if newest.count > 2 * max(1, limit) { newest.removeFirst(newest.count - limit) }
                return .goOn
            }
        } catch { throw CommandFailure("\(error)") }
        for line in newest.suffix(max(0, limit ?? 0)) { journal.show(line, people) }
        guard count > 0 else {
            Output.error("nothing found")
            throw Exit.findings
        }
    }
}

/// What is looked for.
struct JournalFilter: ParsableArguments {
    @Option(help: "The peer: verified, claimed, or the one that a message was for.")
    var peer: String?

    @Option(help: "A day, 2026-11-27 (UTC).")
    var day: String?

    @Option(help: "From this on: a day, a time like 2026-11-27T08:00:00Z, or an age like 24h.")
    var since: String?

    @Option(help: "Until this.")
    var until: String?

    @Option(
        help: "shares, notifications, invite-accepted, request-share, token, ocs, webdav, egress.")
    var kind: String?

    @Option(help: "in or out.")
    var direction: String?

    @Option(help: "allow, deny, hold or fail.")
    var action: String?

    @Option(help: "The code of a refusal.")
    var code: String?

    @Option(help: "Somebody: alice@cloud.example, an IP address, or a pseudonym.")
    var subject: String?

    func search(_ journal: JournalOptions) throws -> JournalSearch {
        var search = JournalSearch()
        if let peer { search.peer = try PeerHost(argument: peer).description }
        search.kind = kind
        if let action, DecisionRecord.Action(rawValue: action) == nil {
            throw CommandFailure("--action: \"\(action)\" is none of allow, deny, hold, fail")
        }
        if let direction, DecisionRecord.Direction(rawValue: direction) == nil {
            throw CommandFailure("--direction: \"\(direction)\" is neither in nor out")
        }
        search.direction = direction
        search.action = action
        search.code = code
        search.subject = try subject.map { try journal.pseudonym(of: $0) }
        search.since = try since.map { try Self.moment($0, "--since") }
        search.until = try until.map { try Self.moment($0, "--until") }
        if let day {
            guard let day = JournalDay(day) else {
                throw CommandFailure("--day: \"\(day)\" is no day like 2026-11-27")
            }
            search.since = max(search.since ?? day.start, day.start)
            search.until = min(search.until ?? day.next.start, day.next.start)
        }
        return search
    }

    /// Milliseconds since 1970.
    static func moment(_ text: String, _ option: String) throws -> Int {
        if let day = JournalDay(text) { return day.start }
        if let date = try? Date(text, strategy: .iso8601) {
            return Int(date.timeIntervalSince1970 * 1000)
        }
        let units = ["m": 60, "h": 3600, "d": 86_400]
        if let unit = text.last, let seconds = units[String(unit)],
            let count = Int(text.dropLast()),
            (0...1_000_000).contains(count)
        {
            return Int(Date().timeIntervalSince1970 * 1000) - count * seconds * 1000
        }
        throw CommandFailure(
            "\(option): \"\(text)\" is no day, no time like 2026-11-27T08:00:00Z, no age like 24h")
    }
}
