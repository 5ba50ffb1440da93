import ArgumentParser
import Federation
import Gateway

/// `ocmgate policy replay`: the journal's past messages, judged by another policy.
struct PolicyReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract:
            "Judge the journal's past messages by another policy, and list what would change.",
        discussion: """
            Limits count as they would have at the time, but for what the journal does not hold: \
            data that were let through, bytes, and what was under way. What a guard refused stays \
            refused; it counts in limits where the policy had let it through before the guard. A \
            peer that the lists refused, and that may come in now, is taken to have signed well. \
            Personal values are opened with the seal key when it can be read and the policy asks \
            for them. Exit codes: 0 nothing changes, 1 something does, or a new limit counts what \
            the journal does not hold, 2 it cannot be judged.
            """)

    @Option(help: "The policy file to judge by, - for standard input.")
    var against: String

    @OptionGroup var past: PastOptions

    @Option(help: "Also write a page of HTML to this file.")
    var html: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let policy = try PolicyCommand.open(against, in: past.configuration)
        try OutputFile.check([("--html", html)], apartFrom: try sources(policy))
        let journal = try past.journal()
        let progress = Progress("judged")
        let replay: Replay
        do {
            replay = try Replay.run(
                policy, beside: past.policyInForce(), over: journal.reader, since: try past.start(),
                people: journal.people, progress: progress.show)
        } catch let error as FileProblem { throw CommandFailure("\(error)") }
        progress.end()
        replay.unread.told.forEach(Output.error)
        if let html {
            let page = ReplayPage(replay, file: InputFile.name(against)).html
            do { try OperatorFile.write(html, Array(page.utf8)) } catch {
                throw CommandFailure("\(error)")
            }
        }
        if json { printJSON(replay) } else { printText(replay) }
        if !replay.findsNothing { throw Exit.findings }
    }

    /// The files that are read, and those of the policy in force.
    private func sources(_ policy: Policy) throws -> [String] {
        let sources = [against] + OutputFile.sources(of: policy)
        guard past.configuration.isThere else { return sources }
        let own = try past.configuration.load().policy.file
        let inForce = (try? PolicyCommand.load(own)).map(OutputFile.sources) ?? [own]
        return sources + [past.configuration.path] + inForce
    }

    private func printText(_ replay: Replay) {
        Output.line(
            "\(replay.changed) of \(replay.judged) messages would end otherwise under "
                + "\(InputFile.name(against)) (\(replay.policy), \(replay.hash))")
        let others: [(Int, String)] = [
            (replay.otherBlock, "would end as they did, by another block"),
            (
                replay.uncertain,
                "cannot be judged exactly: by what is sealed or forgotten, what nobody asked the peer "
                    + "for, or what limits count beside the journal"
            ),
            (
                replay.otherLists,
                "came when the downloaded lists held something else, or nobody knows what: they are "
                    + "judged by what those hold now"
            ),
            (replay.guarded, "others were refused by guards or failed, which no policy changes"),
            (
                replay.withoutToken,
                "others wanted a token whose exchange was refused: the decision on that is judged"
            ),
            (replay.unknown, "others have no facts in the journal, or cannot be read"),
        ]
        for (count, words) in others where count > 0 { Output.line("  \(count) \(words)") }
        if let words = replay.untriedWords { Output.line("  \(words)") }
        print("by peer", replay.byPeer)
        print("by block that would decide", replay.byBlock)
        print("by kind", replay.byKind)
        if !replay.reported.isEmpty { Output.line("only reported, before and now") }
        for (block, counts) in replay.reported.sorted(by: { $0.key < $1.key }) {
            Output.line("  \(block): \(counts.before), \(counts.now)")
        }
        if !replay.examples.isEmpty { Output.line("examples (ocmgate explain ID shows one whole)") }
        for change in replay.examples.prefix(Self.shown) {
            let sure = change.certainty == "exact" ? "" : " (\(change.certainty))"
            Output.line(
                "  \(change.decision)  \(change.kind)  \(change.peer)  \(change.transition)  "
                    + "by \(change.now.by)\(sure)")
        }
    }

    private func print(_ title: String, _ tally: ReplayTally) {
        let rows = tally.sorted
        if rows.isEmpty { return }
        Output.line(title)
        for row in rows.prefix(Self.shown) {
            let transitions = row.transitions.map { "\($0.name): \($0.count)" }
            let name = row.name.isEmpty ? "(nobody named)" : row.name
            Output.line("  \(name)  \(row.total)  \(transitions.joined(separator: "; "))")
        }
        if rows.count > Self.shown { Output.line("  and \(rows.count - Self.shown) more") }
    }

    private func printJSON(_ replay: Replay) {
        func rows(_ tally: ReplayTally) -> Output.Value {
            .list(
                tally.sorted.map { row in
                    [
                        "name": .string(row.name), "total": .number(row.total),
                        "transitions": .object(
                            Dictionary(
                                uniqueKeysWithValues: row.transitions.map {
                                    ($0.name, .number($0.count))
                                })),
                    ]
                })
        }
        func outcome(_ outcome: PastOutcome) -> Output.Value {
            .object([
                "action": .string(outcome.action.rawValue), "by": .string(outcome.by),
                "code": .optional(outcome.code),
            ])
        }
        Output.json([
            "policy": .string(replay.policy), "hash": .string(replay.hash),
            "judged": .number(replay.judged), "changed": .number(replay.changed),
            "other_block": .number(replay.otherBlock), "uncertain": .number(replay.uncertain),
            "other_lists": .number(replay.otherLists),
            "untried_limits": .strings(replay.untriedLimits),
            "guarded": .number(replay.guarded), "without_token": .number(replay.withoutToken),
            "unknown": .number(replay.unknown),
            "by_peer": rows(replay.byPeer), "by_block": rows(replay.byBlock),
            "by_kind": rows(replay.byKind),
            "reported": .list(
                replay.reported.sorted { $0.key < $1.key }.map { block, counts in
                    [
                        "block": .string(block), "before": .number(counts.before),
                        "now": .number(counts.now),
                    ]
                }),
            "examples": .list(
                replay.examples.map { change in
                    [
                        "decision": .string(change.decision), "time": .number(change.time / 1000),
                        "peer": .string(change.peer), "kind": .string(change.kind),
                        "before": outcome(change.before), "now": outcome(change.now),
                        "certainty": .string(change.certainty),
                    ]
                }),
        ])
    }

    private static let shown = 20
}
