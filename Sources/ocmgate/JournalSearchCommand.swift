import ArgumentParser
import Federation
import Gateway

/// `ocmgate journal search`.
struct JournalSearchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search", abstract: "Find decisions, and when the policy changed.",
        discussion: """
            All that is given has to fit. \(JournalOptions.claimedMark) Where nothing is found, \
            days that have no file are named. Exit codes: 0 found, 1 nothing found, or a record \
            that may fit cannot be read, 2 the journal cannot be read.
            """)

    @OptionGroup var journal: JournalOptions
    @OptionGroup var filter: JournalFilter

    @Option(help: "At most so many, the newest of them.", transform: CountOption.some)
    var limit: Int?

    func run() throws {
        let people = try journal.people()
        let search = try filter.search(journal)
        var count = 0
        let unread: UnreadLines
        var absence: String?
        do {
            let reader = try journal.reader()
            if let limit {
                let newest = try search.newest(limit, reader)
                for object in newest.found { journal.show(object, people) }
                count = newest.found.count
                unread = newest.unread
            } else {
                unread = try search.run(reader) { _, object in
                    count += 1
                    journal.show(object, people)
                    return .goOn
                }
            }
            if count == 0 {
                absence = try search.absence(reader, now: Environment.live.now() * 1000)
            }
        } catch { throw CommandFailure(telling: error) }
        unread.told.forEach(Output.error)
        if count == 0 {
            let reasons = ["nothing found", filter.doubt, absence].compactMap { $0 }
            try Output.miss(reasons.joined(separator: "; "), journal.json)
        }
        if unread.count > 0 { throw Exit.findings }
    }
}

/// What is looked for.
struct JournalFilter: ParsableArguments {
    @Option(help: "The peer: verified, claimed, or the one that a message was for.")
    var peer: String?

    @Option(help: "A day, 2026-11-27 (UTC).")
    var day: String?

    @Option(help: "From then on: \(JournalTime.forms).")
    var since: String?

    @Option(help: "Up to this, and not itself; in the same forms.")
    var until: String?

    @Option(
        help: """
            \(RecordedKind.allCases.map(\.rawValue).joined(separator: ", ")); or as a policy says \
            it: share, share.in, which find what it judged so; or, instead of decisions, what \
            happened to the policy and to the journal: \(OwnLine.words).
            """)
    var kind: String?

    @Option(help: "in or out.")
    var direction: String?

    @Option(help: "allow, deny, hold or fail.")
    var action: String?

    @Option(
        help: """
            The code of a refusal: the one that the peer read (error; at the token endpoint \
            error_description), or the guard's; also of what profile observe let pass.
            """)
    var code: String?

    @Flag(
        help: """
            Only what was let pass, in report mode or by profile observe, and would have been \
            refused.
            """)
    var would = false

    @Option(help: "Somebody: alice@cloud.example, an IP address, or a pseudonym.")
    var subject: String?

    func search(_ journal: JournalOptions) throws -> JournalSearch {
        var search = JournalSearch()
        if let peer { search.peer = try PeerHost(argument: peer).description }
        search.action = try action.map { word in
            try known(
                DecisionRecord.Action(rawValue: word), word, "--action",
                DecisionRecord.Action.allCases.map(\.rawValue))
        }?.rawValue
        search.direction = try direction.map { word in
            try known(
                Direction(rawValue: word), word, "--direction",
                Direction.allCases.map(\.rawValue))
        }?.rawValue
        if let kind, let own = OwnLine(rawValue: kind) {
            try refuseAllButTimes(beside: own)
            search.own = own
        } else if let kind {
            let asked = try known(RecordedKind.asked(kind), kind, "--kind", Self.kinds)
            search.judged = asked.judged
            if asked.judged == nil { search.kind = asked.kind.rawValue }
            if let way = asked.direction?.rawValue {
                guard search.direction ?? way == way else {
                    throw CommandFailure("--kind \(kind) and --direction exclude each other")
                }
                search.direction = way
            }
        }
        search.code = code
        search.onlyTolerated = would
        if let subject {
            search.client = JournalSearch.client(ofNobody: subject)
            if search.client == nil { search.subjects = try journal.pseudonyms(of: subject) }
        }
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

    private func refuseAllButTimes(beside own: OwnLine) throws {
        let given: [(String, Bool)] = [
            ("--peer", peer != nil), ("--direction", direction != nil), ("--action", action != nil),
            ("--code", code != nil), ("--would", would), ("--subject", subject != nil),
        ]
        guard let other = given.first(where: \.1)?.0 else { return }
        throw CommandFailure(
            "--kind \(own.rawValue) is about no message, and \(other) is: leave one of them out")
    }

    /// Why nothing may have been found: a code that is none of the gateway's own. A policy may have
    /// others.
    var doubt: String? {
        guard let code, DenialCode(rawValue: code) == nil else { return nil }
        let near = nearestWord(to: code, among: DenialCode.allCases.map(\.rawValue))
        return "--code \(quoted(code)) is no code of the gateway's own"
            + (near.map { ": did you mean \(quoted($0))?" } ?? "")
    }

    /// The words of the journal, and those of the policy that are others.
    private static let kinds =
        RecordedKind.allCases.map(\.rawValue)
        + MessageKind.allCases.map(\.rawValue).filter { RecordedKind(rawValue: $0) == nil }
        + OwnLine.allCases.map(\.rawValue)

    private func known<Word>(
        _ value: Word?, _ word: String, _ option: String, _ words: [String]
    ) throws -> Word {
        if let value { return value }
        let near = remedy(for: word, among: words)
        throw CommandFailure(
            "\(option): \(quoted(word)) is none that there is; "
                + (near ?? "known here: " + words.joined(separator: ", ")))
    }

    /// Milliseconds since 1970.
    static func moment(_ text: String, _ option: String) throws -> Int {
        let now = Environment.live.now() * 1000
        if let time = JournalTime.milliseconds(text, now: now) { return time }
        throw CommandFailure("\(option): \(quoted(text)) is none of: \(JournalTime.forms)")
    }
}
