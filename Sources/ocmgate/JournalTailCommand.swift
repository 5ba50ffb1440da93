import ArgumentParser
import Foundation
import Gateway

/// `ocmgate journal tail`.
struct JournalTailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show the newest decisions, and those to come.")

    @OptionGroup var journal: JournalOptions

    @Option(
        name: [.customShort("n", allowingJoined: true), .long], help: "How many; 0 with --follow.",
        transform: CountOption.orNone)
    var lines = 10

    @Flag(name: [.customShort("f"), .long], help: "Go on with what is decided from now on.")
    var follow = false

    func run() throws {
        let people = try journal.people()
        var tail = JournalTail(try journal.reader())
        do {
            for line in try tail.newest(lines) { journal.show(line, people) }
            while follow {
                // Into a pipe too, at once.
                StandardOutput.flush()
                Thread.sleep(forTimeInterval: 0.25)
                try tail.added { journal.show($0, people) }
            }
        } catch { throw CommandFailure("\(error)") }
    }
}
