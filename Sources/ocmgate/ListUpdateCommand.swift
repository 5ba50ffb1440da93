import ArgumentParser
import Federation
import Gateway

/// `ocmgate list update`: fetches lists now, by the gateway that runs or here.
struct ListUpdateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Fetch downloaded lists now.",
        discussion: """
            A gateway that runs fetches them and puts them in force; else they are fetched here, \
            and it begins with them. Exit code 1: one of them failed; what was known of it stays.
            """)

    @Argument(help: "The lists; all that are downloaded unless given.")
    var names: [String] = []

    @Flag(help: "Put in force what waits for a person, too.")
    var approve = false

    @OptionGroup var place: ListPlace

    func run() async throws {
        try await ListOrder(names: names, work: .update(approval: approve ? .given : .asked))
            .carryOut(at: place)
    }
}

/// `ocmgate list apply`: puts the draft of a list in force.
struct ListApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Put the draft of a list in force.",
        discussion: """
            A draft is what was fetched of a list and waits for a person; ocmgate list diff NAME \
            shows what it would change. Nothing is fetched. Exit code 1: it could not be done.
            """)

    @Argument(help: "The list.")
    var name: String

    @Option(help: "The draft that was looked at, as `list diff` names it; another one is refused.")
    var draft: String?

    @OptionGroup var place: ListPlace

    func run() async throws {
        try await ListOrder(names: [name], work: .apply(draft: draft)).carryOut(at: place)
    }
}

extension ListOrder {
    /// Has it done, and says what came of it.
    fileprivate func carryOut(at place: ListPlace) async throws {
        let (settings, policy, _) = try place.open()
        for name in names {
            let list = try ListPlace.find(name, in: policy)
            if list.download == nil {
                throw CommandFailure("\(name) is a list of your own: it is not downloaded")
            }
        }
        let done: (outcomes: [ListOutcome], isRunning: Bool)
        do {
            done = try await self.place(
                settings, policy, try settings.keyToWrite(),
                now: Environment.live.now())
        } catch { throw CommandFailure(telling: error) }
        // Without names the lists are those of the policy in force.
        let isBehind = policy.lists.contains { list in
            list.download != nil && (names.isEmpty || names.contains(list.name))
                && !done.outcomes.contains { $0.list == list.name }
        }
        if place.json {
            Output.json([
                "lists": .list(done.outcomes.map(\.row)), "running": .bool(done.isRunning),
                "needs_reload": .bool(isBehind),
            ])
        } else {
            for outcome in done.outcomes { Output.line(outcome.text) }
            if isBehind {
                Output.error("the gateway has not read this policy yet: ocmgate reload")
            } else if done.outcomes.isEmpty {
                Output.line("no list is downloaded")
            }
            if !done.isRunning { Output.line("(no gateway runs; from its start on)") }
        }
        if done.outcomes.contains(where: { $0.word == .failed }) || isBehind {
            throw Exit.findings
        }
    }
}

extension ListOutcome {
    fileprivate var row: [String: Output.Value] {
        [
            "name": .string(list), "result": .string(word.rawValue),
            "reason": .optional(reason),
            "count": .optional(count),
            "change": .optional(change),
        ]
    }

    fileprivate var text: String {
        let known = count.map { "\($0) entries in force" } ?? "nothing in force"
        switch word {
        case .unchanged: return "\(list): unchanged, \(known)"
        case .taken: return "\(list): taken, \(known)" + (change.map { " (\($0))" } ?? "")
        case .waits:
            return "\(list): \(reason ?? "a draft") waits for a person"
                + (change.map { " (\($0))" } ?? "") + ", \(known); ocmgate list diff \(list)"
        case .failed: return "\(list): failed, \(known): \(reason ?? "")"
        }
    }
}
