import ArgumentParser
import Gateway

/// `ocmgate journal erase`.
struct JournalEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase", abstract: "Forget a person; the chain still verifies.",
        discussion: """
            The key of this subject is deleted: what was sealed with it can never be opened again, \
            and nobody can tell any more whose pseudonym it was. The records stay. A gateway that \
            runs does it at once. An account of ours is forgotten under every name of the site. Logs, \
            backups and the share registry, which keeps the people of its shares, are not touched \
            (docs/journal.md); which shares still name this one is told.
            Exit codes: 0 forgotten, 1 nothing was recorded, 2 it could not be done.
            """)

    @Argument(help: "alice@cloud.example, an IP address, or a pseudonym.")
    var subject: String

    @OptionGroup var option: ConfigurationOption

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let settings = try option.load()
        let key = try settings.keyToWrite()
        let pseudonym: JournalPseudonym?
        do {
            pseudonym = try await JournalForgetting.forget(
                subject, settings, key, now: Environment.live.now())
        } catch { throw CommandFailure("\(error)") }
        // Whatever the state says then, this is done.
        if let pseudonym, !json {
            Output.line("forgotten; the records name ~\(pseudonym), whom nobody can tell any more")
        }
        let isNamed = JournalErasure.naming(
            subject,
            ours: Site(origin: settings.site.origin, aliases: settings.site.aliases)?.hosts ?? [])
        var shares: [ShareID] = []
        try ShareCommand.each(option) { if isNamed($0) { shares.append($0.id) } }
        if json {
            Output.json([
                "subject": .string(subject),
                "pseudonym": .optional(pseudonym?.description),
                "shares": .strings(shares.map(\.description)),
            ])
        } else if !shares.isEmpty {
            Output.line(
                "the share registry names \(subject) still, in \(shares.count) shares: "
                    + shares.map(\.description).joined(separator: ", "))
        }
        guard pseudonym != nil else {
            Output.error("nothing is recorded of \(subject)")
            throw Exit.findings
        }
    }
}
