import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate journal`: the record of every decision.
struct JournalCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "journal", abstract: "The record of every decision: search, verify, export.",
        discussion: """
            A file for each day, a record on each line, each linked to the one before by its hash \
            and signed from time to time. People stand in it under pseudonyms; --plain opens \
            them with the seal key, and names them in what search and tail print. All but erase \
            read beside a running gateway and change nothing.
            """,
        subcommands: [
            JournalTailCommand.self, JournalSearchCommand.self, JournalShowCommand.self,
            JournalVerifyCommand.self, JournalExportCommand.self, JournalEraseCommand.self,
        ])
}

/// The options by which the commands of a journal find it: that of the configuration, or a folder that is named.
struct JournalPlace: ParsableArguments {
    @OptionGroup var option: ConfigurationOption

    @Option(help: "The journal's folder; else [journal] dir of the configuration.")
    var dir: String?

    func reader() throws -> JournalReader { JournalReader(try folder()) }

    func folder() throws -> String { try option.journalFolder(else: dir) }
}

extension ConfigurationOption {
    /// Where the journal of an installation lies.
    ///
    /// - Parameter dir: another folder than the configured one.
    func journalFolder(else dir: String?) throws -> String {
        if let dir { return dir }
        guard let settings = try load().journal else {
            throw CommandFailure("[journal] dir is \"\": there is no journal; --dir names another")
        }
        return settings.folder
    }

    /// Opens what is sealed in a journal; needs the seal key.
    func journalPeople(of folder: String) throws -> JournalPeople {
        let key = try load().state.key()
        do { return try JournalPeople.opening(folder, key) } catch {
            throw CommandFailure("\(error)")
        }
    }
}

/// Which journal, whether people are shown, and to whom.
struct JournalOptions: ParsableArguments {
    @OptionGroup var place: JournalPlace

    @Flag(help: "Show people instead of pseudonyms; needs the seal key.")
    var plain = false

    @Flag(help: "Print JSON, an object on each line.")
    var json = false

    func reader() throws -> JournalReader { try place.reader() }

    /// Opens what is sealed, when that is asked for.
    func people() throws -> JournalPeople {
        plain ? try place.option.journalPeople(of: try place.folder()) : .pseudonyms
    }

    /// The pseudonyms of somebody that an operator names: an account of ours has one for each name of
    /// the site.
    ///
    /// Exits with 1 when nothing is recorded of them.
    func pseudonyms(of text: String) throws -> [JournalPseudonym] {
        switch JournalErasure(text) {
        case .pseudonym(let pseudonym): return [pseudonym]
        case .subject: break
        case nil: throw CommandFailure(JournalErasure.refusal(of: text))
        }
        let settings = try place.option.load()
        let key = try settings.state.key()
        let found: [JournalPseudonym]
        do { found = try JournalPseudonym.all(text, try place.folder(), settings, key) } catch {
            throw CommandFailure("\(error)")
        }
        guard !found.isEmpty else {
            Output.error("nothing is recorded of \(text)")
            throw Exit.findings
        }
        return found
    }

    /// One decision, or line of the journal's own, as people or programs read it.
    func show(_ line: JSONObject, _ people: JournalPeople) {
        if json {
            Output.line(Output.text(of: people.plain(.object(line))))
        } else if let own = line["type"]?.string.flatMap(OwnLine.init(rawValue:)) {
            Output.line(own.summary(of: line))
        } else {
            Output.line(JournalDecision(line, people).summary(withPeople: plain))
        }
    }

    /// What the text of a decision does not say by itself.
    static let claimedMark = "A peer with ? behind it is as the message claims, not verified."
}

extension JournalDecision {
    /// The decision on one line.
    ///
    /// - Parameter withPeople: whether from whom and for whom it was stands there too.
    fileprivate func summary(withPeople: Bool) -> String {
        let time = object["at"]?.string ?? ""
        let who = peer ?? claimed.map { "\($0)?" } ?? "-"
        return [
            time, id, direction == "out" ? "out" : "in ", kind,
            action?.rawValue ?? "-", status == 0 ? "-" : "\(status)", who, by,
            code ?? (would.isEmpty ? "" : "would: \(would.joined(separator: ", "))"),
            withPeople ? persons : "",
        ].filter { !$0.isEmpty }.joined(separator: "  ")
    }

    private var persons: String {
        let facts = facts
        let who = [facts?.sender ?? facts?.owner, facts?.recipient].compactMap { $0 }
        return who.joined(separator: " → ")
    }
}
