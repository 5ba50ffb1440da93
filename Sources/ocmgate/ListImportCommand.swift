import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate list import`: a list of any format as a text file of one's own.
struct ListImportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Turn a list into a text file of your own.",
        discussion: """
            Writes to standard output, or adds what is missing to the file of --into, whose own \
            lines stay. In the policy, name the file as source = "FILE" of a list. Exit code 1: \
            the list would not be taken.
            """)

    @Argument(help: "The list, - for standard input.")
    var file: String

    @Option(
        help: ArgumentHelp("Add what is missing to this text list.", valueName: "file"))
    var into: String?

    @OptionGroup var options: ListFileOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        if into == "-" {
            throw ValidationError("--into -: name a file; without --into standard output has all.")
        }
    }

    func run() throws {
        let contents = try options.read(file, json: json, tell: Output.error)
        if options.standing == nil, try options.format(of: file) == .csv {
            Output.error(
                "read as a list of blocks, whose domains stand for all below them too; for one that "
                    + "allows: --standing allow")
        }
        if !json { LeftOut.text(contents.leftOut).forEach { Output.error($0) } }
        let added = try into.map { try add(contents.entries, to: $0) } ?? contents.entries
        if json {
            Output.json([
                "ok": .bool(true), "entries": .list(added.map(\.row)),
                "file": .optional(into),
                "left_out": LeftOut.row(contents.leftOut),
            ])
        } else if let into {
            Output.line(
                "\(into): \(added.count) added, \(contents.entries.count - added.count) there")
        } else {
            Output.text(ListReading.text(added))
        }
    }

    /// Adds the entries that a text list has not got, and says which.
    ///
    /// Refused: a file with a line that is no entry, and a pattern that stands there with another
    /// end: which one is meant is for a person to say.
    private func add(_ entries: [ListEntry], to path: String) throws -> [ListEntry] {
        // In bytes: a comment may stand there in other characters than UTF-8.
        var text: [UInt8] = []
        var old: [UInt8]?
        var known: [ListEntry] = []
        if FileManager.default.fileExists(atPath: path) {
            let bytes = try InputFile.bytes(path)
            old = bytes
            do throws(ListDefect) {
                known = try ListReading(.text, for: options.stance, .none)
                    .contents(bytes, signature: nil, now: 0).entries
            } catch { throw CommandFailure(error.text(in: path)) }
            text = bytes
        }
        let change = ListChange(from: known, to: entries)
        if let moved = change.moved.first {
            throw CommandFailure(
                "\(path) has \(moved.pattern) with another end; take it out first")
        }
        guard !change.added.isEmpty else { return [] }
        if let last = text.last, last != 0x0A { text.append(0x0A) }
        text += Array(ListReading.text(change.added).utf8)
        do { try OperatorFile.write(path, text, over: old) } catch {
            throw CommandFailure(error.description)
        }
        return change.added
    }
}
