import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate list diff`: what a draft would change, or how two files differ. Only looks.
struct ListDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what the draft of a list would change.",
        discussion: """
            With one name: the draft of that list against what is in force. With two files: the \
            second against the first. Exit codes: 0 the same, or no draft; 1 they differ.
            """)

    @Argument(help: "A list, or two files.")
    var names: [String]

    @Option(help: "The format of the second file, when it is not that of the first.")
    var toFormat: ListFormat?

    @OptionGroup var files: ListFileOptions
    @OptionGroup var place: ListPlace

    func validate() throws {
        guard (1...2).contains(names.count) else {
            throw ValidationError("One list, or two files.")
        }
    }

    func run() throws {
        let draft: ListRecord.Copy?
        let change: ListChange
        if names.count == 1 {
            let (_, policy, folder) = try place.open()
            let list = try ListPlace.find(names[0], in: policy)
            do throws(FileProblem) {
                let record = try folder.record(of: list)
                draft = record?.draft
                guard let draft else { return reportNone(list) }
                change = ListChange(
                    from: try record?.live.map {
                        live throws(FileProblem) in
                        try folder.entries(live, of: list.name)
                    } ?? [], to: try folder.entries(draft, of: list.name))
            } catch { throw CommandFailure(error.description) }
        } else {
            draft = nil
            var second = files
            second.format = toFormat ?? files.format
            change = ListChange(
                from: try read(names[0], files), to: try read(names[1], second))
        }
        report(change, draft)
        if !change.isEmpty { throw Exit.findings }
    }

    private func read(_ file: String, _ options: ListFileOptions) throws -> [ListEntry] {
        do { return try options.read(file).entries } catch let defect as ListDefect {
            throw CommandFailure(defect.text(in: file))
        }
    }

    private func reportNone(_ list: PeerList) {
        if place.json {
            Output.json(["draft": .null])
        } else {
            Output.line("nothing of \(list.name) waits")
        }
    }

    private func report(_ change: ListChange, _ draft: ListRecord.Copy?) {
        if place.json {
            Output.json([
                "draft": .optional(draft?.hash),
                "added": .list(change.added.map(\.row)),
                "removed": .list(change.removed.map(\.row)),
                "moved": .list(change.moved.map(\.row)),
            ])
            return
        }
        for entry in change.removed { Output.line("- \(entry.line)") }
        for entry in change.added { Output.line("+ \(entry.line)") }
        for entry in change.moved { Output.line("~ \(entry.line)") }
        Output.line(change.words)
        if let draft {
            Output.line(
                "to put it in force: ocmgate list apply \(names[0]) --draft \(draft.hash.prefix(16))"
            )
        }
    }
}
