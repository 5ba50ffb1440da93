import ArgumentParser
import Federation

/// A command that does not exist, and which may be meant.
struct UnknownCommand: CustomStringConvertible {
    /// `policy tst`.
    private let name: String
    private let remedy: String?

    /// Nil for arguments that begin with a command, or with none.
    init?(_ arguments: some Sequence<String>) {
        var command: any ParsableCommand.Type = Ocmgate.self
        var path: [String] = []
        for word in arguments.prefix(while: { !$0.hasPrefix("-") }) {
            let below = command.configuration.subcommands
            if below.isEmpty { return nil }
            path.append(word)
            guard let next = below.first(where: { $0._commandName == word }) else {
                name = path.joined(separator: " ")
                remedy = Federation.remedy(for: word, among: below.map { $0._commandName })
                return
            }
            command = next
        }
        return nil
    }

    var description: String {
        "there is no command \(name); " + (remedy ?? "ocmgate --help names all")
    }
}
