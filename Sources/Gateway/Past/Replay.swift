package import Federation

/// What another policy would have made of the past.
package struct Replay: Sendable {
    package let policy: String
    package let hash: String
    /// The labels of limits that count what the journal does not hold, and that the policy in force does not
    /// have: nobody knows what they would have refused.
    package let untriedLimits: [String]
    /// Milliseconds since 1970: of the first and the last message that was judged.
    package private(set) var first: Int?
    package private(set) var last: Int?
    /// Messages that were judged again.
    package private(set) var judged = 0
    /// Refused by guards, or failed: the same under every policy.
    package private(set) var guarded = 0
    /// Data that wanted a token for which nobody asked: what the policy says of the exchange, which is judged,
    /// decides.
    package private(set) var withoutToken = 0
    /// Decisions whose facts the journal does not hold, or that cannot be read.
    package private(set) var unknown = 0
    /// What is no record, and was left out.
    package private(set) var unread = UnreadLines()
    /// Judged, but a condition asks for what is sealed or forgotten, nobody asked what the peer publishes, or
    /// nobody wrote down what a limit counts.
    package private(set) var uncertain = 0
    /// Judged by other contents of downloaded lists than those of their time.
    package private(set) var otherLists = 0
    /// The same for the peer, by another block.
    package private(set) var otherBlock = 0
    package private(set) var changed = 0
    package private(set) var byPeer = ReplayTally(limit: 10_000)
    /// By the block that would decide now.
    package private(set) var byBlock = ReplayTally(limit: 10_000)
    package private(set) var byKind = ReplayTally(limit: 100)
    /// Of blocks that are only reported: how often before, how often now.
    package private(set) var reported: [String: (before: Int, now: Int)] = [:]
    /// A few of each sort.
    package private(set) var examples: [ReplayChange] = []
    private var sorts: [String: Int] = [:]

    /// Judges what the journal holds since a time.
    ///
    /// - Parameters:
    ///   - inForce: the policy that the gateway has now, with what its lists hold; nil where nobody knows it.
    ///   - since: milliseconds since 1970.
    ///   - people: opens what is sealed, where the policy asks for it.
    ///   - progress: the lines that were read so far.
    package static func run(
        _ policy: Policy, beside inForce: Policy? = nil, over reader: JournalReader, since: Int,
        people: JournalPeople, progress: (Int) -> Void = { _ in }
    ) throws -> Replay {
        var judge = PastJudge(policy, beside: inForce)
        var replay = Replay(judge)
        // What is not asked for stays sealed.
        let opened = judge.asksForPeople ? people : .pseudonyms
        let batches = JournalBatches(reader: reader, days: try reader.days(), since: since)
        replay.unread = try batches.forEach({ PastMessage.read($0, opened) }, progress: progress) {
            reading in
            switch reading {
            case .guarded(let message):
                replay.guarded += 1
                if let message { _ = judge.judge(message) }
            case .withoutToken: replay.withoutToken += 1
            case .unknown: replay.unknown += 1
            case .message(let message): replay.note(message, judge.judge(message))
            }
        }
        return replay
    }

    init(_ judge: PastJudge) {
        policy = judge.policy.name
        hash = judge.policy.hash
        untriedLimits = judge.untriedLimits
    }

    mutating func note(_ message: PastMessage, _ judged: PastJudge.Judged) {
        self.judged += 1
        first = min(first ?? message.time, message.time)
        last = max(last ?? message.time, message.time)
        for block in message.would { reported[block, default: (0, 0)].before += 1 }
        if !judged.outcome.isOfListsAlone(message.facts.occasion) {
            for block in judged.would { reported[block, default: (0, 0)].now += 1 }
        }
        if judged.certainty == .unknown { uncertain += 1 }
        if judged.hasOtherLists { otherLists += 1 }
        guard judged.outcome.differs(from: message.outcome) else {
            if judged.outcome.by != message.outcome.by { otherBlock += 1 }
            return
        }
        changed += 1
        let change = ReplayChange(
            decision: message.decision, time: message.time,
            peer: message.facts.peer?.description ?? "",
            kind: message.facts.occasion.description, before: message.outcome,
            now: judged.outcome, certainty: judged.certainty.rawValue)
        byPeer.note(change.peer, change.transition)
        byBlock.note(change.now.by, change.transition)
        byKind.note(change.kind, change.transition)
        keep(change)
    }

    private mutating func keep(_ change: ReplayChange) {
        guard examples.count < Self.exampleLimit else { return }
        let sort = "\(change.peer) \(change.kind) \(change.now.by) \(change.transition)"
        guard sorts[sort, default: 0] < Self.examplesOfSort else { return }
        sorts[sort, default: 0] += 1
        examples.append(change)
    }

    private static let exampleLimit = 300
    private static let examplesOfSort = 3
}

extension Replay {
    /// Whether the past says that nothing would change.
    package var findsNothing: Bool { changed == 0 && untriedLimits.isEmpty }

    /// What is said of the limits that nothing can be said of; nil where there are none.
    package var untriedWords: String? {
        guard !untriedLimits.isEmpty else { return nil }
        let names = untriedLimits.joined(separator: ", ")
        return "what \(names) would have refused is not known, nor counted here: the journal holds "
            + "neither bytes, nor what was under way, nor data that were let through"
    }
}

/// One message that would end otherwise.
package struct ReplayChange: Sendable {
    package let decision: String
    /// Milliseconds since 1970.
    package let time: Int
    /// Empty when the message names nobody.
    package let peer: String
    /// `share.in`
    package let kind: String
    package let before: PastOutcome
    package let now: PastOutcome
    /// `exact`, `if-signed`, `other-lists` or `unknown`.
    package let certainty: String

    /// `allow > deny not_allowed`.
    package var transition: String { "\(before.words) > \(now.words)" }
}

/// Changes counted under names, so many names at most; the rest is together.
package struct ReplayTally: Sendable {
    package private(set) var rows: [String: [String: Int]] = [:]
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    mutating func note(_ name: String, _ transition: String) {
        let name = rows[name] != nil || rows.count < limit ? name : Self.others
        rows[name, default: [:]][transition, default: 0] += 1
    }

    /// The most first.
    package var sorted: [(name: String, total: Int, transitions: [(name: String, count: Int)])] {
        rows.map { name, transitions in
            (
                name, transitions.values.reduce(0, +),
                transitions.map { (name: $0.key, count: $0.value) }
                    .sorted { ($1.count, $0.name) < ($0.count, $1.name) }
            )
        }.sorted { ($1.total, $0.name) < ($0.total, $1.name) }
    }

    private static let others = "(others)"
}
