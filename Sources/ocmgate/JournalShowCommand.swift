import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate journal show`.
struct JournalShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the whole record of one decision.",
        discussion: """
            The id is in the answer that the peer got, and in the log. Exit codes: 0 shown, 1 there is \
            no such record, 2 the journal cannot be read.
            """)

    @Argument(help: "The id of the decision.")
    var id: String

    @OptionGroup var journal: JournalOptions

    func run() throws {
        let people = try journal.people()
        let result: DecisionSearch.Result
        do { result = try DecisionSearch(try journal.reader(), people).find(id) } catch {
            throw CommandFailure("\(error)")
        }
        guard case .found(let found) = result else {
            try Output.miss("there is no record of \(id)", journal.json)
        }
        let object = found.decision.object
        if journal.json {
            Output.line(String(decoding: people.plain(.object(object)).serialized(), as: UTF8.self))
            return
        }
        for (name, value) in object.members where name != "hash" {
            Self.show(name, people.plain(value), people, indent: "")
        }
    }

    private static func show(
        _ name: String, _ value: JSONValue, _ people: JournalPeople, indent: String
    ) {
        if let text = people.text(value) {
            Output.line("\(indent)\(name): \(text)")
        } else if let object = value.object {
            Output.line("\(indent)\(name):")
            for member in object.members {
                show(member.name, member.value, people, indent: indent + "  ")
            }
        } else if let elements = value.array, elements.contains(where: { $0.object != nil }) {
            Output.line("\(indent)\(name):")
            for element in elements {
                let members = element.object?.members ?? []
                let texts = members.map { "\(people.text($0.value) ?? plain($0.value))" }
                Output.line("\(indent)  - " + texts.joined(separator: "  "))
            }
        } else {
            Output.line("\(indent)\(name): \(plain(value))")
        }
    }

    private static func plain(_ value: JSONValue) -> String {
        if let texts = value.array?.map(\.string), !texts.contains(nil) {
            return texts.compactMap { $0 }.joined(separator: ", ")
        }
        return Output.text(of: value)
    }
}
