import ArgumentParser
import Federation

/// `ocmgate policy diff OLD NEW`: what changes in meaning between two policies.
struct PolicyDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Say what changes in meaning between two policy files.",
        discussion: """
            First the settings, blocks and entries that are different, with what the policies say of \
            them in plain English; then which messages are \
            judged differently, by classes, with one message of each kind; what holds of everything \
            that a block decides is not said again. Comments, tests and the \
            order of keys do not count, and neither does a block of another name that does the same.

            Exit code 0 when the policies are the same, 1 when they differ, 2 when one cannot be \
            read or there is too much to compare.
            """)

    @Argument(help: "The policy file as it was, - for standard input.")
    var old: String

    @Argument(help: "The policy file as it will be.")
    var new: String

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let (before, after) = (try PolicyCommand.open(old), try PolicyCommand.open(new))
        let slow = SlowWork()
        let difference = PolicyDifference(from: before, to: after) { regions in
            slow.tell("\(regions) classes of messages so far")
        }
        if json { print(difference) } else { show(difference) }
        if difference.doubt != nil { throw Exit.cannotRun }
        if !difference.isEmpty { throw Exit.findings }
    }

    private func show(_ difference: PolicyDifference) {
        if difference.isEmpty { return Output.line("the same") }
        for edit in difference.edits {
            Output.line(edit.label)
            for line in edit.removed.prefix(Self.mostLines) { Output.line("  - \(line)") }
            for line in edit.added.prefix(Self.mostLines) { Output.line("  + \(line)") }
            let more = [edit.removed, edit.added].reduce(0) {
                $0 + max(0, $1.count - Self.mostLines)
            }
            if more > 0 { Output.line("  and \(more) lines more") }
            let wording = difference.wordings[edit.label]
            for sentence in wording?.before ?? [] { Output.line("  it said: \(sentence)") }
            for sentence in wording?.after ?? [] { Output.line("  it says: \(sentence)") }
        }
        if let doubt = difference.doubt {
            Output.line("which messages are judged differently could not be told: \(doubt)")
        } else if difference.changes.isEmpty {
            Output.line("no message is judged differently")
        }
        for change in difference.changes.filter(\.isOfAccess) {
            Output.line("")
            Output.line("\(change.before)  →  \(change.after)")
            for line in change.messages.prefix(Self.mostLines) { Output.line("  \(line)") }
            if change.messages.count > Self.mostLines {
                Output.line("  and \(change.messages.count - Self.mostLines) classes more")
            }
            if let example = change.example { Output.line("  for example \(example)") }
        }
        let others = difference.changes.filter { !$0.isOfAccess }
        guard !others.isEmpty else { return }
        Output.line("")
        Output.line("the same messages are let through, but otherwise answered, or reported:")
        for change in others.prefix(Self.mostLines) {
            Output.line("  \(change.before)  →  \(change.after)")
            if let example = change.example { Output.line("    for example \(example)") }
        }
        if others.count > Self.mostLines {
            Output.line("  and \(others.count - Self.mostLines) kinds more")
        }
    }

    private func print(_ difference: PolicyDifference) {
        Output.json([
            "same": .bool(difference.isEmpty), "doubt": .optional(difference.doubt),
            "edits": .list(
                difference.edits.map { edit in
                    [
                        "block": .string(edit.label), "removed": .strings(edit.removed),
                        "added": .strings(edit.added),
                        "said": .strings(difference.wordings[edit.label]?.before ?? []),
                        "says": .strings(difference.wordings[edit.label]?.after ?? []),
                    ]
                }),
            "changes": .list(
                difference.changes.map { change in
                    [
                        "before": .string(change.before), "after": .string(change.after),
                        "access": .bool(change.isOfAccess),
                        "messages": .strings(change.messages),
                        "example": .optional(change.example),
                    ]
                }),
        ])
    }

    private static let mostLines = 20
}
