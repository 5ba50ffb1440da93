import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate list ...`: the policy's lists of hosts, own and downloaded.
struct ListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The policy's lists: look, fetch, accept, convert.",
        subcommands: [
            ListShowCommand.self, ListUpdateCommand.self, ListApplyCommand.self,
            ListDiffCommand.self, ListVerifyCommand.self, ListImportCommand.self,
            ListExportCommand.self,
        ])
}

/// What commands about the lists of an installation need.
struct ListPlace: ParsableArguments {
    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    /// The configuration, its policy, and where copies are.
    func open() throws -> (settings: Configuration, policy: Policy, folder: ListFolder) {
        let settings = try option.load()
        do throws(ConfigurationErrors) {
            let policy = try Policy.load(file: settings.policy.file, .disk)
            return (settings, policy, ListFolder(state: settings.state.file))
        } catch { throw CommandFailure(error) }
    }

    /// The list of this name.
    static func find(_ name: String, in policy: Policy) throws -> PeerList {
        if let list = policy.lists.first(where: { $0.name == name }) { return list }
        let near = remedy(for: name, among: policy.lists.map(\.name)).map { "; \($0)" } ?? ""
        throw CommandFailure("there is no list \(name) in \(policy.file)\(near)")
    }

    /// What is in force of a list, the entries of own ones and the copy of others; nil for one that
    /// was never loaded.
    static func entries(_ list: PeerList, _ folder: ListFolder) throws -> [ListEntry]? {
        guard list.download != nil else { return list.entries }
        do throws(FileProblem) {
            guard let live = try folder.record(of: list)?.live else { return nil }
            return try folder.entries(live, of: list.name)
        } catch { throw CommandFailure(error.description) }
    }
}

/// A list in a file: its format, and whose signature it has to have.
struct ListFileOptions: ParsableArguments {
    @Option(
        help: """
            text, csv, json, ocm-directory or ocmproviders; else by the name of the file (.txt, \
            .csv, .json, .jws).
            """)
    var format: ListFormat?

    @Option(
        help: "allow, or block (the usual). What a csv list blocks, it blocks with all hosts below."
    )
    var standing: PeerList.Stance?

    /// Block lists are what others publish.
    var stance: PeerList.Stance { standing ?? .block }

    @Option(
        help: ArgumentHelp(
            "A key (JWK, JWK set or PEM; - is standard input) that has to have signed it.",
            valueName: "file"))
    var key: [String] = []

    @Option(help: "What the signature has to be about (sub); else it may say anything.")
    var subject: String?

    @Option(
        help: ArgumentHelp(
            "The detached signature (JWS) of a list that has none inside; FILE.jws unless given.",
            valueName: "file"))
    var signature: String?

    @Option(help: "The time to judge signatures by, Unix seconds; now unless given.")
    var now: Int?

    func validate() throws {
        if key.isEmpty, subject != nil || signature != nil || now != nil {
            throw ValidationError("--signature, --subject and --now belong to --key.")
        }
    }

    /// Reads a list; throws `ListDefect` for one that would not be taken.
    func read(_ file: String) throws -> ListContents {
        let reading = ListReading(
            try format(of: file), for: stance,
            key.isEmpty ? .none : .pinned(try keys()), about: subject.map { .named($0) } ?? .any)
        return try reading.contents(
            try InputFile.bytes(file), signature: try signature(of: file, reading),
            now: now ?? Environment.live.now())
    }

    /// Reads a list; one that would not be taken is told, and ends the command with exit code 1.
    ///
    /// - Parameter tell: where people read it.
    func read(_ file: String, json: Bool, tell: (String) -> Void) throws -> ListContents {
        do { return try read(file) } catch let defect as ListDefect {
            if json {
                Output.json(["ok": .bool(false), "defect": .object(defect.row)])
            } else {
                tell(defect.text(in: file))
            }
            throw Exit.findings
        }
    }

    func format(of file: String) throws -> ListFormat {
        if let format { return format }
        switch (file as NSString).pathExtension {
        case "txt", "list": return .text
        case "csv": return .csv
        case "json": return .json
        case "jws": return .directory
        default: throw CommandFailure("which format is \(file)? Say it with --format")
        }
    }

    private func keys() throws -> [ListKey] {
        try key.flatMap { file in
            do {
                if file == "-" { return try ListKey.keys(in: try InputFile.bytes(file)) }
                return try ListKey.pinned(in: [file])
            } catch let defect as ListDefect {
                throw CommandFailure(defect.text(in: InputFile.name(file)))
            } catch { throw CommandFailure(telling: error) }
        }
    }

    private func signature(of file: String, _ reading: ListReading) throws -> [UInt8]? {
        switch (reading.signing, reading.format.signature) {
        case (.none, _), (.pinned, .around): return nil
        case (.pinned, .beside):
            if let signature { return try InputFile.bytes(signature) }
            guard file != "-" else { return nil }
            return FileManager.default.contents(atPath: file + ".jws").map { [UInt8]($0) }
        }
    }
}

extension ListFormat: ExpressibleByArgument {}
extension PeerList.Stance: ExpressibleByArgument {}

extension ListDefect {
    /// As compilers write it.
    func text(in file: String) -> String {
        switch place {
        case .line: "\(file):\(description)"
        case .whole, .member, .payload: "\(file): \(description)"
        }
    }

    var row: [String: Output.Value] {
        var row: [String: Output.Value] = ["message": .string(message)]
        switch place {
        case .whole: break
        case .line(let position):
            (row["line"], row["column"]) = (.number(position.line), .number(position.column))
        case .member(let name): row["member"] = .string(name)
        case .payload(let byte): row["byte"] = .number(byte)
        }
        return row
    }
}

extension ListEntry {
    var row: [String: Output.Value] {
        [
            "host": .string(pattern.description), "until": .optional(until),
            "note": .optional(note),
        ]
    }

    /// A line for people; control characters of a note are shown as such.
    var line: String { words + (note.map { "  # \(quoted($0).dropFirst().dropLast())" } ?? "") }
}

/// Rows of a list that are well formed and say nothing of who may federate.
enum LeftOut {
    /// `1 left out (severity silence)`, for people.
    static func text(_ counts: [String: Int]) -> [String] {
        counts.sorted { $0.key < $1.key }.map { "\($0.value) left out (\($0.key))" }
    }

    /// The same, for programs.
    static func row(_ counts: [String: Int]) -> Output.Value {
        .object(counts.mapValues { .number($0) })
    }
}
