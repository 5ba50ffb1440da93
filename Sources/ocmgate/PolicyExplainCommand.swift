import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate policy explain`: what a policy says of a message, with every check and its place.
struct PolicyExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Ask a policy about a message, and print every check.",
        discussion: """
            What is not given is ordinary: a signed user share of one file over WebDAV, read \
            permission, by token, from a peer that can do both, is known by its key and was \
            invited. With --message it is what the message in a file says, and options say \
            otherwise; with --decision, what the policy knew of a past message, at its time. \
            Signatures, digests and replays are not asked here: those guards are always on, \
            whatever the policy says; a signature that a message has counts as good (ocmgate sig \
            verify looks at it). Limits have room, but for those named by --over and the one that \
            refused the message of --decision.

            Where the policy is that of the configuration, what its profile and signature.accept \
            refuse before the policy is asked is said beside the policy's answer.

            Exit code 0 when the policy allows the message, 1 when there is no decision of this id, \
            2 when there is no policy that can be used, 3 when it refuses.
            """)

    @Argument(help: "The policy file, - for standard input; without it, that of the configuration.")
    var file: String?

    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var message: MessageOptions

    @Option(help: "A limit that has no room; may be repeated.")
    var over: [String] = []

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        // Of another policy nobody knows under which configuration it would be asked.
        let settings = file == nil ? try configuration.load() : nil
        let policy = try PolicyCommand.open(
            file ?? settings?.policy.file ?? "", in: configuration)
        let asked = try message.asked(configuration, json: json)
        let facts = asked.facts
        let standings = policy.standings(of: facts)
        let full = try self.full(policy, beside: asked.by)
        let verdict = policy.evaluate(facts, standings) { place in
            full.contains(place) ? .full(retryAfter: 60) : .room
        }
        let isWaiting = verdict.checks.first?.result == .held && standings.first.refusal == nil
        let standing = (isWaiting ? standings.waiting?.standing : nil) ?? standings.first
        let named = isWaiting ? standings.waiting?.host : standings.named
        let guarding = settings?.refusal(of: facts.signature, on: facts.occasion, beside: verdict)
        if json {
            printJSON(
                policy, facts, verdict, standing, guarding, isUnverified: asked.isUnverified)
        } else {
            printText(policy, facts, verdict, standing, named)
            if asked.isUnverified {
                Output.line("  its signature, which nobody looked at, is taken to be good")
            }
            if let guarding {
                Output.line("  the configuration refuses it before: \(guarding.words)")
            }
        }
        switch verdict.action {
        case .allow: return
        case .deny, .hold: throw Exit.refused
        }
    }

    /// The places of the limits that `--over` names, and of the one that refused the past message.
    private func full(_ policy: Policy, beside past: String?) throws -> Set<Int> {
        let known = policy.limits.map(\.name) + [Policy.pingPongLabel]
        let then = policy.limit(thatSays: past)
        return Set(
            try (over + [then].compactMap { $0 }).map { name in
                guard let place = known.firstIndex(of: name) else {
                    let near = remedy(for: name, among: known)
                    throw CommandFailure(
                        "there is no limit \(quoted(name))" + (near.map { "; \($0)" } ?? ""))
                }
                return place < policy.limits.count ? place : Policy.pingPongPlace
            })
    }

    /// Where the check stands, for people.
    private func written(
        _ check: Check, _ policy: Policy, _ standing: Standing
    ) -> String? {
        (check.name == "standing" ? policy.place(of: standing) : policy.place(of: check.name))?
            .description
    }

    /// Why the check came out so. A known key is shown by a signature where the message comes in.
    private func reason(of check: Check, _ facts: Facts) -> String? {
        let text = check.reason.text
        guard check.reason == .missing(.keyPinned), facts.occasion.direction == .inbound,
            !facts.signature.isValid
        else { return text }
        return text.map { "\($0), and is not signed" }
    }

    private func printText(
        _ policy: Policy, _ facts: Facts, _ verdict: Verdict, _ standing: Standing,
        _ named: PeerHost?
    ) {
        let peer = facts.peer?.description ?? "nobody named"
        Output.line("\(facts.occasion), \(peer); policy \(policy.name), \(policy.hash)")
        var rows = verdict.checks.map { check in
            [
                check.result.rawValue, check.name, written(check, policy, standing) ?? "built in",
                reason(of: check, facts) ?? "",
            ]
        }
        if let named, !rows.isEmpty {
            let namer = facts.occasion.direction == .outbound ? peer : "the message"
            rows[0][3] += ", of \(named), which \(namer) names"
        }
        if let until = standing.entry?.until, !rows.isEmpty {
            let end = Moment.text(until)
            rows[0][3] += ", counts until \(end)"
        }
        let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            let cells = zip(row, widths).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }
            var line = "  " + (cells + [row[3]]).joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            Output.line(line)
        }
        let answer = verdict.refusal.map { ": \($0.status) \($0.code)" } ?? ""
        Output.line("\(verdict.action.rawValue) by \(policy.placed(verdict.by))\(answer)")
        if let hint = verdict.hint {
            let reader =
                switch facts.occasion.direction {
                case .inbound: "the peer"
                case .outbound: "our own server"
                }
            Output.line("  \(reader) reads: \(hint)")
        }
        if !verdict.would.isEmpty {
            Output.line("  only reported: \(verdict.would.joined(separator: ", "))")
        }
    }

    private func printJSON(
        _ policy: Policy, _ facts: Facts, _ verdict: Verdict, _ standing: Standing,
        _ guarding: Denial?, isUnverified: Bool
    ) {
        // As the journal has it: of a list its entry.
        let place =
            verdict.by == standing.by ? policy.place(of: standing) : policy.place(of: verdict.by)
        Output.json([
            "action": .string(verdict.action.rawValue), "by": .string(verdict.by),
            "place": .optional(place?.description),
            "code": .optional(verdict.code), "hint": .optional(verdict.hint),
            "status": .optional(verdict.status),
            "would": .strings(verdict.would), "policy": .string(policy.hash),
            "guard": guarding.told, "ifSigned": .bool(isUnverified),
            "checks": .list(
                verdict.checks.map { check in
                    [
                        "name": .string(check.name), "result": .string(check.result.rawValue),
                        "place": .optional(written(check, policy, standing)),
                        "reason": .optional(reason(of: check, facts)),
                    ]
                }),
        ])
    }
}
