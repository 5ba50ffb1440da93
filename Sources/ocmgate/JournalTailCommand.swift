import ArgumentParser
import Foundation
import Gateway

/// `ocmgate journal tail`.
struct JournalTailCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show the newest decisions, and those to come.")

    @OptionGroup var journal: JournalOptions

    @Option(name: [.customShort("n"), .long], help: "How many.")
    var lines = 10

    @Flag(name: [.customShort("f"), .long], help: "Go on with what is decided from now on.")
    var follow = false

    func run() throws {
        let reader = try journal.reader()
        let people = try journal.people()
        do {
            var last = try showNewest(reader, people)
            while follow {
                Thread.sleep(forTimeInterval: 0.25)
                let newest = try reader.days().suffix(2)
                try reader.lines(of: newest, last: Self.piece) { line, _ in
                    guard line.seq > last else { return .goOn }
                    last = line.seq
                    journal.show(line, people)
                    return .goOn
                }
            }
        } catch { throw CommandFailure("\(error)") }
    }

    /// The number of the last line.
    private func showNewest(_ reader: JournalReader, _ people: JournalPeople) throws -> Int {
        var found: [JournalLine] = []
        var last = 0
        for day in try reader.days().reversed() where found.count < lines {
            var ofDay: [JournalLine] = []
            try reader.lines(of: [day], last: max(Self.piece, lines * 8192)) { line, _ in
                last = max(last, line.seq)
                guard line.kind == .decision else { return .goOn }
                ofDay.append(line)
                if ofDay.count > 2 * max(1, lines) { ofDay.removeFirst(ofDay.count - lines) }
                return .goOn
            }
            found = ofDay + found
        }
        for line in found.suffix(max(0, lines)) { journal.show(line, people) }
        return last
    }

    /// Bytes at the end of a file that are looked at.
    private static let piece = 8 << 20
}
