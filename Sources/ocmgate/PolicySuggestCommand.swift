import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate policy suggest`: what the journal says about the policy.
struct PolicySuggestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suggest",
        abstract:
            "Say what the journal's past messages mean for the policy, as TOML with evidence.",
        discussion: """
            Names peers on no list that come often, peers that sign though they need not, and \
            blocks that no message was about. Says what blocks in report mode (under profile \
            observe, all blocks) would have refused. Nothing is changed, and no peer whose \
            signatures failed is suggested. Exit codes: 0 said, 2 the policy or the journal cannot \
            be read.
            """)

    @Argument(help: "The policy file, - for standard input; without it, that of the configuration.")
    var file: String?

    @OptionGroup var past: PastOptions

    @Option(help: "How many messages of a peer are a reason (5).", transform: CountOption.some)
    var least = 5

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let policy = try PolicyCommand.open(
            try file ?? past.configuration.load().policy.file, in: past.configuration)
        let journal = try past.journal()
        let progress = Progress("read")
        let found: PolicySuggestions
        do {
            found = try PolicySuggestions.make(
                for: policy, under: try past.profile(), from: journal.reader,
                since: try past.start(), least: least, progress: progress.show)
        } catch let error as FileProblem { throw CommandFailure("\(error)") }
        progress.end()
        found.unread.told.forEach(Output.error)
        if json { printJSON(found) } else { Output.text(found.toml) }
    }

    private func printJSON(_ found: PolicySuggestions) {
        func row(_ name: String, _ tally: PeerTally) -> [String: Output.Value] {
            [
                "peer": .string(name), "messages": .number(tally.messages),
                "unknown": .number(tally.unknown), "signed": .number(tally.valid),
                "unverified": .number(tally.unverified), "wrong": .number(tally.wrong),
                "unsigned": .number(tally.unsigned), "data": .number(tally.data),
                "days": .string(tally.days),
                "kinds": .object(tally.kinds.mapValues { .number($0) }),
            ]
        }
        Output.json([
            "decisions": .number(found.decisions),
            "candidates": .list(found.candidates.map { row($0.name, $0.tally) }),
            "distrusted": .list(found.distrusted.map { row($0.name, $0.tally) }),
            "signers": .list(
                found.signers.map { signer in
                    row(signer.name, signer.tally).merging(["list": .string(signer.list)]) { $1 }
                }),
            "trials": .list(
                found.trials.map { trial in
                    [
                        "block": .string(trial.label), "about": .number(trial.about),
                        "refused": .list(
                            trial.refused.map {
                                ["peer": .string($0.peer), "count": .number($0.count)]
                            }),
                    ]
                }),
            "idle": .strings(found.idle), "toml": .string(found.toml),
        ])
    }
}
