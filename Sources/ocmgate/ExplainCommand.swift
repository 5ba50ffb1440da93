import ArgumentParser
import Federation
import Foundation
import Gateway
import HTTPSignatures

/// `ocmgate explain`: one decision of the past, whole.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show one past decision whole: every check, in words, and what would change it.",
        discussion: """
            The id is in the answer that the peer got, in the log and in the journal; without it, ask \
            ocmgate journal search --action deny --peer HOST --day DAY. People are \
            shown where the seal key can be read, pseudonyms else. Exit codes: 0 shown, 1 there is \
            no such decision, 2 the journal cannot be read.
            """)

    @Argument(help: "The id of the decision, 16 characters.")
    var id: String

    @OptionGroup var configuration: ConfigurationOption

    @Option(help: "The journal's folder, instead of the configured one.")
    var dir: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let past = PastSource(configuration, dir: dir)
        let journal = try past.journal()
        let found = try past.decision(id, journal, json: json)
        let policy = past.policy()
        let advice = DecisionAdvice.on(
            found.decision, policy, nearMiss: found.nearMiss, now: Environment.live.now())
        let words = DecisionWords(found, policy, advice, journal.people)
        if json { Output.json(words.json) } else { words.lines.forEach(Output.line) }
    }
}

/// A decision as `explain` shows it.
private struct DecisionWords {
    let found: DecisionSearch.Found
    let policy: Policy?
    let advice: [DecisionAdvice]
    let people: JournalPeople

    init(
        _ found: DecisionSearch.Found, _ policy: Policy?, _ advice: [DecisionAdvice],
        _ people: JournalPeople
    ) {
        self.found = found
        self.policy = policy
        self.advice = advice
        self.people = people
    }

    private var decision: JournalDecision { found.decision }

    var lines: [String] {
        var lines: [String] = []
        func row(_ name: String, _ text: String?) {
            guard let text, !text.isEmpty else { return }
            let pad = String(repeating: " ", count: max(1, 11 - name.count))
            lines.append(name + pad + Output.plain(text))
        }
        row("decision", "\(decision.id)  (\(found.place.file):\(found.place.number))")
        for record in found.earlier { row("before", Self.earlier(record)) }
        row("when", decision.object["at"]?.string)
        row("message", message)
        row("from", decision.client)
        row("shown", certificate)
        row("about", about)
        row("result", result)
        row("detail", decision.detail)
        row("signature", signature)
        for line in checks { lines.append(line) }
        row("would", decision.would.joined(separator: ", "))
        row("altered", decision.altered.joined(separator: ", "))
        row("backend", decision.backendStatus.map { "answered \($0)" })
        row("peer", decision.peerStatus.map { "answered \($0)" })
        row("time", timings)
        row("policy", policyWords)
        row("candidate", candidate)
        if let miss = found.nearMiss {
            for distortion in miss.distortions { row("near miss", distortion.description) }
            if miss.distortions.isEmpty {
                row("near miss", "the body is another one than was signed")
            }
        }
        if !advice.isEmpty { lines.append("to change it") }
        for one in advice {
            let place = one.place.map { " (\($0))" } ?? ""
            lines.append("  - " + Output.plain(one.words + place))
            for line in one.command?.split(separator: "\n") ?? [] {
                lines.append("      " + Output.plain(String(line)))
            }
        }
        return lines
    }

    /// A record that a later one takes back.
    private static func earlier(_ record: DecisionSearch.Found.Record) -> String {
        let decision = record.decision
        let status = decision.status == 0 ? "" : ", \(decision.status)"
        let code = decision.code.map { " \($0)" } ?? ""
        return "\(decision.action?.rawValue ?? "?")\(status)\(code), by \(decision.by), recorded "
            + "\(decision.object["at"]?.string ?? "") (\(record.place.file):\(record.place.number)); it "
            + "could not be carried out, and what follows counts"
    }

    private var message: String {
        let way = decision.direction == "out" ? "to" : "from"
        let who = decision.peer ?? decision.claimed.map { "\($0) (as it claims)" } ?? "nobody named"
        let standing = decision.standing.map { ", standing by \($0)" } ?? ""
        return "\(decision.kind), \(way) \(who)\(standing)"
    }

    private var about: String {
        var parts: [String] = []
        for name in [
            "share_type", "resource_type", "protocols", "permissions", "requirements",
            "notification_type", "provider_id", "share",
        ] {
            guard let value = decision.object["ocm"]?.object?[name] else { continue }
            parts.append("\(name) \(said(words(value)))")
        }
        for name in ["owner", "sender", "recipient"] {
            guard let value = decision.object["facts"]?.object?[name], let text = people.text(value)
            else { continue }
            parts.append("\(name) \(said(text))")
        }
        return parts.joined(separator: ", ")
    }

    /// What somebody else wrote: in quotes where it could be read as more than one word.
    private func said(_ text: String) -> String {
        text.utf8.contains { " ,\"".utf8.contains($0) } ? exactlyQuoted(text) : text
    }

    private func words(_ value: JSONValue) -> String {
        if let texts = value.array { return texts.compactMap(\.string).joined(separator: "+") }
        return value.string ?? value.number.map(\.text) ?? ""
    }

    private var result: String {
        let code = decision.code.map { " \($0)" } ?? ""
        let place = (decision.place ?? policy?.place(of: decision.by)?.description)
            .map { " (\($0))" }
        let action = decision.action?.rawValue ?? "?"
        let status = decision.status == 0 ? "" : ", \(decision.status)"
        return "\(action)\(status)\(code), by \(decision.by)\(place ?? "")"
    }

    private var certificate: String? {
        guard let certificate = decision.object["certificate"]?.object else { return nil }
        func text(_ name: String) -> String { certificate[name].map(words) ?? "" }
        return "client certificate of \(text("names")), SHA-256 \(text("fingerprint"))"
    }

    private var signature: String? {
        guard let signature = decision.object["signature"]?.object else { return nil }
        func text(_ name: String) -> String? { signature[name].map(words) }
        var parts = [text("result") ?? "", text("generation") ?? ""]
        if let key = text("key_id") { parts.append("by \(key)") }
        if let algorithm = text("algorithm") { parts.append(algorithm) }
        if let covered = text("covered") { parts.append("over \(covered)") }
        if let offset = text("offset") { parts.append("made \(offset) s before it came") }
        return parts.filter { !$0.isEmpty }.joined(separator: ", ")
    }

    private var checks: [String] {
        let checks = decision.everyCheck
        if checks.isEmpty { return [] }
        let wide = checks.map(\.result.count).max() ?? 0
        let long = checks.map(\.name.count).max() ?? 0
        return ["checks"]
            + checks.map { check in
                let place = policy?.place(of: check.name).map { " (\($0))" } ?? ""
                let first = check.result.padding(toLength: wide, withPad: " ", startingAt: 0)
                let second = check.name.padding(toLength: long, withPad: " ", startingAt: 0)
                var line = "  \(first)  \(second)  \(check.reason ?? "")\(place)"
                while line.last == " " { line.removeLast() }
                return Output.plain(line)
            }
    }

    private var timings: String? {
        decision.object["timings"]?.object?.members
            .map { "\($0.name) \(words($0.value)) µs" }.joined(separator: ", ")
    }

    private var policyWords: String? {
        guard let hash = decision.policy else { return nil }
        guard let policy else { return hash }
        return policy.hash == hash
            ? "\(hash), the one in force now"
            : "\(hash); now \(policy.hash) is in force, so places are those of another text"
    }

    private var candidate: String? {
        decision.candidate.map { candidate in
            "\(candidate.policy): \(candidate.action.rawValue) by \(candidate.by)"
                + (candidate.code.map { " \($0)" } ?? "")
                + (candidate.isCertain
                    ? "" : " (unless the peer publishes otherwise: it was not asked)")
        }
    }

    /// The record itself, people opened, with what is said of it.
    var json: [String: Output.Value] {
        [
            "decision": .string(decision.id), "file": .string(found.place.file),
            "line": .number(found.place.number),
            "record": .json(people.plain(.object(decision.object))),
            "checks": .list(
                decision.everyCheck.map { check in
                    [
                        "name": .string(check.name), "result": .string(check.result),
                        "reason": .optional(check.reason),
                        "place": .optional(policy?.place(of: check.name)?.description),
                    ]
                }),
            "earlier": .list(
                found.earlier.map { record in
                    [
                        "file": .string(record.place.file), "line": .number(record.place.number),
                        "record": .json(people.plain(.object(record.decision.object))),
                    ]
                }),
            "near_miss": found.nearMiss.map { miss in
                .object([
                    "result": .string(miss.outcome.rawValue),
                    "distortions": .strings(miss.distortions.map(\.kind.rawValue)),
                    "remedies": .strings(miss.remedies),
                ])
            } ?? .null,
            "advice": .list(
                advice.map { one in
                    [
                        "text": .string(one.words),
                        "command": .optional(one.command),
                        "place": .optional(one.place),
                    ]
                }),
        ]
    }
}
