import ArgumentParser
import Federation
import Foundation
import Gateway
import OpenSSL

/// Which journal a command reads, and from when on.
struct PastOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOption

    @Option(help: "The journal's folder, instead of the configured one.")
    var dir: String?

    @Option(help: "From then on: \(JournalTime.forms).")
    var since: String?

    func journal() throws -> (reader: JournalReader, people: JournalPeople) {
        try PastSource(configuration, dir: dir).journal()
    }

    /// The policy that is in force; nil when there is none that can be read.
    func policyInForce() -> Policy? { PastSource(configuration, dir: dir).policy() }

    /// The profile of the installation; the usual one where none is configured.
    func profile() throws -> Configuration.Profile {
        configuration.isThere ? try configuration.load().profile : .bridge
    }

    /// Milliseconds since 1970.
    func start() throws -> Int {
        try since.map { try JournalFilter.moment($0, "--since") } ?? 0
    }
}

/// The journal and the policy of an installation, as far as they can be read.
struct PastSource {
    private let option: ConfigurationOption
    private let dir: String?

    init(_ option: ConfigurationOption, dir: String?) {
        self.option = option
        self.dir = dir
    }

    /// The journal, and what opens its personal values where the seal key can be read.
    func journal() throws -> (reader: JournalReader, people: JournalPeople) {
        let settings = dir == nil || option.isThere ? try option.load() : nil
        guard let folder = dir ?? settings?.journal?.folder, !folder.isEmpty else {
            throw CommandFailure("no journal is configured; set [journal] dir, or give --dir")
        }
        guard let settings,
            let seal = try? settings.state.key(),
            let people = try? JournalPeople.opening(folder, seal)
        else { return (JournalReader(folder), .pseudonyms) }
        return (JournalReader(folder), people)
    }

    /// One decision of it.
    ///
    /// Exits with 1 when there is none of this id.
    func decision(
        _ id: String, _ journal: (reader: JournalReader, people: JournalPeople), json: Bool
    ) throws -> DecisionSearch.Found {
        let result: DecisionSearch.Result
        do { result = try DecisionSearch(journal.reader, journal.people).find(id) } catch {
            throw CommandFailure("\(error)")
        }
        switch result {
        case .found(let found): return found
        case .malformed:
            try Output.miss(
                "\(id) is no id of a decision: those have 16 letters and digits", json)
        case .missing(let searched, let absent, _):
            result.unread.forEach(Output.error)
            let files = searched.isEmpty ? "no file" : searched.joined(separator: ", ")
            let gone = absent.isEmpty ? "" : "; not there: \(absent.joined(separator: ", "))"
            let isCounted =
                (try? DecisionSearch(journal.reader, journal.people).wasCounted(id)) ?? false
            let counted =
                isCounted
                ? "; refusals of that time were only counted (journal search --kind unrecorded)"
                : ""
            try Output.miss(
                "no decision \(id) in the journal; searched: \(files)\(gone)\(counted)", json)
        }
    }

    /// The policy that is in force; nil when there is none that can be read, for what only shows
    /// more with it.
    func policy() -> Policy? {
        guard option.isThere, let settings = try? option.read() else { return nil }
        return try? PolicyCommand.inForce(settings)
    }
}

/// Tells on a terminal how far slow work is; nothing elsewhere.
struct Progress {
    private let words: String
    private let isTerminal = isatty(STDERR_FILENO) == 1

    init(_ words: String) { self.words = words }

    func show(_ count: Int) {
        if isTerminal { write("\r\(count) \(words)") }
    }

    func end() {
        if isTerminal { write("\r\u{1B}[K") }
    }

    private func write(_ text: String) {
        try? FileBytes.writeAll(STDERR_FILENO, Array(text.utf8).span)
    }
}
