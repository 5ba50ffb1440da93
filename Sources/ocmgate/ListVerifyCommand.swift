import ArgumentParser
import Federation

/// `ocmgate list verify`: whether a list would be taken. Offline.
struct ListVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check a list and its signature as if it were downloaded.",
        discussion: "Exit codes: 0 it would be taken, 1 it would not, 2 a file or option is wrong.")

    @Argument(help: "The list, - for standard input.")
    var file: String

    @OptionGroup var options: ListFileOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let contents = try options.read(file, json: json, tell: Output.line)
        if json {
            Output.json([
                "ok": .bool(true), "count": .number(contents.entries.count),
                "federation": .optional(contents.title),
                "signer": .optional(contents.signer),
                "subject": .optional(contents.subject),
                "issued": .optional(contents.issued),
                "left_out": LeftOut.row(contents.leftOut),
            ])
            return
        }
        var facts = ["\(contents.entries.count) entries"]
        if let title = contents.title { facts.append("federation \(quoted(title))") }
        facts += LeftOut.text(contents.leftOut)
        if let subject = contents.subject { facts.append("about \(quoted(subject))") }
        facts.append(contents.signer.map { "signed by \($0)" } ?? "no signature was asked for")
        Output.line("\(file): fine, " + facts.joined(separator: ", "))
    }
}
