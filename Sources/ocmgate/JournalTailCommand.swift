import ArgumentParser
import Foundation
import Gateway

/// `ocmgate journal tail`.
struct JournalTailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show the newest decisions, and those to come.",
        discussion: """
            Among them what happened to the policy and to the journal (\(OwnLine.words)). \
            \(JournalOptions.claimedMark)
            """)

    @OptionGroup var journal: JournalOptions

    @Option(
        name: [.customShort("n", allowingJoined: true), .long],
        help: "How many of the newest (10).",
        transform: CountOption.orNone)
    var lines = 10

    @Flag(name: [.customShort("f"), .long], help: "Go on with what is decided from now on.")
    var follow = false

    func run() throws {
        let people = try journal.people()
        var tail = JournalTail(
            try journal.reader(), of: Set(OwnLine.allCases.map(\.kind) + [.decision]))
        do {
            for line in try tail.newest(lines) { show(line, people) }
            tellDamage(&tail)
            while follow {
                // Into a pipe too, at once.
                StandardOutput.flush()
                Thread.sleep(forTimeInterval: 0.25)
                try tail.added { show($0, people) }
                tellDamage(&tail)
            }
        } catch { throw CommandFailure("\(error)") }
    }

    private func tellDamage(_ tail: inout JournalTail) {
        for file in tail.newlyDamaged() {
            Output.error(
                "\(file): lines that cannot be read are left out; see ocmgate journal verify")
        }
    }

    private func show(_ line: JournalLine, _ people: JournalPeople) {
        if let object = line.object { journal.show(object, people) }
    }
}
