import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate journal export`.
struct JournalExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write decisions as JSON lines or CSV.",
        discussion: """
            People stand in it under pseudonyms; with --plain by name, unless they were erased. \
            Where nothing is written, days asked for that have no file are named. Exit codes: 0 \
            written, 1 written but for what cannot be read, or days have no file, 2 the journal \
            cannot be read.
            """)

    /// How decisions are written.
    enum Format: String, CaseIterable, ExpressibleByArgument { case json, csv }

    @OptionGroup var journal: JournalOptions
    @OptionGroup var filter: JournalFilter

    @Option(help: "json or csv.")
    var format = Format.json

    func validate() throws {
        guard format == .csv, journal.json else { return }
        throw ValidationError("--json and --format csv say two things")
    }

    func run() throws {
        let people = try journal.people()
        let search = try filter.search(journal)
        if let own = search.own, format == .csv {
            throw CommandFailure(
                "--format csv has the columns of decisions: --kind \(own.rawValue) is for "
                    + "--format json")
        }
        if format == .csv { Output.line(Self.columns.joined(separator: ",")) }
        var count = 0
        let unread: UnreadLines
        var absence: String?
        do {
            let reader = try journal.reader()
            unread = try search.run(reader) { _, object in
                count += 1
                switch format {
                case .json:
                    let value = people.plain(.object(object))
                    Output.line(Output.text(of: value))
                case .csv: Output.line(Self.row(object, people))
                }
                return .goOn
            }
            if count == 0 {
                absence = try search.absence(reader, now: Environment.live.now() * 1000)
            }
        } catch { throw CommandFailure(telling: error) }
        unread.told.forEach(Output.error)
        if let absence { try Output.miss("nothing is written; \(absence)", false) }
        if unread.count > 0 { throw Exit.findings }
    }

    private static let columns = [
        "at", "decision", "direction", "kind", "action", "status", "by", "code", "peer", "claimed",
        "standing", "client", "owner", "sender", "recipient", "provider_id", "policy", "would",
    ]

    private static func row(_ object: JSONObject, _ people: JournalPeople) -> String {
        let facts = object["facts"]?.object
        let ocm = object["ocm"]?.object
        return columns.map { name in
            // The peer of the facts is the one that the message claims, whether it was verified or not.
            let ofMessage = name == "peer" ? nil : facts?[name] ?? ocm?[name]
            guard let value = object[name] ?? ofMessage else { return "" }
            if let text = people.text(value) { return field(text) }
            if let texts = value.array?.compactMap(\.string) {
                return field(texts.joined(separator: " "))
            }
            return field(value.number?.text ?? "")
        }.joined(separator: ",")
    }

    /// RFC 4180, always on one line; a leading character that spreadsheets take for a formula is
    /// made text.
    private static func field(_ text: String) -> String {
        var text = Output.plain(text)
        // Scalars: a mark that combines with a comma leaves it one.
        if let first = text.unicodeScalars.first, "=+-@".unicodeScalars.contains(first) {
            text = "'" + text
        }
        guard text.unicodeScalars.contains(where: { $0 == "," || $0 == "\"" }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
