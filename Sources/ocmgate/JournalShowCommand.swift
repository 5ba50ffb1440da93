import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate journal show`.
struct JournalShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the whole record of one decision.",
        discussion: """
            The id is in the answer that the peer got, and in the log. Where something that was let \
            through could not be carried out after all, there are several records: all are shown, in \
            their order, and the last one counts; so is what was found out about its signature. With \
            --json each is an object on a line of its own. Exit codes: 0 shown, 1 there is no such \
            record, 2 the journal cannot be read.
            """)

    @Argument(help: "The id of the decision.")
    var id: String

    @OptionGroup var journal: JournalOptions

    func run() throws {
        let people = try journal.people()
        let result: DecisionSearch.Result
        do { result = try DecisionSearch(try journal.reader(), people).find(id) } catch {
            throw CommandFailure(telling: error)
        }
        guard case .found(let found) = result else {
            result.unread.forEach(Output.error)
            try Output.miss("there is no record of \(id)", journal.json)
        }
        let objects = found.records.map(\.decision.object) + [found.diagnosis].compactMap { $0 }
        if journal.json {
            for object in objects {
                let plain = people.plain(.object(object))
                Output.line(String(decoding: plain.serialized(), as: UTF8.self))
            }
            return
        }
        for (number, object) in objects.enumerated() {
            if number > 0 { Output.line("") }
            if found.records.count > 1, number < found.records.count {
                let isLast = number == found.records.count - 1
                Output.line(
                    "record \(number + 1) of \(found.records.count)"
                        + (isLast ? ": what counts" : ": what the next one takes back"))
            }
            for member in object.members where member.name != "hash" {
                Self.show(member.name, people.plain(member.value), people, indent: "")
            }
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
