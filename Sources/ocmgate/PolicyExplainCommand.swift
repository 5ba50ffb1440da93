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
            permission, by token, from a peer that can do both. Signatures, digests and replays \
            are not asked here: those guards are always on, whatever the policy says.

            Exit code 0 when the policy allows the message, 2 when there is none that can be used, \
            3 when it refuses.
            """)

    @Argument(help: "The policy file, - for standard input; without it, that of the configuration.")
    var file: String?

    @OptionGroup var configuration: ConfigurationOption

    @OptionGroup var message: MessageOptions

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let policy = try self.policy()
        let facts = try message.facts()
        let standing = policy.standing(of: facts.peer, now: facts.now)
        let full = try message.full(in: policy)
        let verdict = policy.evaluate(facts, standing) { limit in
            full.contains(limit) ? .full(retryAfter: 60) : .room
        }
        if json {
            printJSON(policy, verdict, standing)
        } else {
            printText(policy, facts, verdict, standing)
        }
        switch verdict.action {
        case .allow: return
        case .deny, .hold: throw Exit.refused
        }
    }

    private func policy() throws -> Policy {
        let path = try file ?? configuration.load().policy.file
        do { return try PolicyCommand.load(path) } catch { throw CommandFailure(error) }
    }

    /// Where the check stands, for people.
    private func written(
        _ check: Check, _ policy: Policy, _ standing: Standing
    ) -> String? {
        (check.name == "standing" ? policy.place(of: standing) : policy.place(of: check.name))?
            .description
    }

    private func printText(
        _ policy: Policy, _ facts: Facts, _ verdict: Verdict, _ standing: Standing
    ) {
        let peer = facts.peer?.description ?? "nobody named"
        Output.line("\(facts.occasion), \(peer); policy \(policy.name), \(policy.hash)")
        var rows = verdict.checks.map { check in
            [
                check.result.rawValue, check.name, written(check, policy, standing) ?? "built in",
                check.reason.text ?? "",
            ]
        }
        if let until = standing.entry?.until, !rows.isEmpty {
            let end = Date(timeIntervalSince1970: Double(until)).formatted(.iso8601)
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
        let place = policy.place(of: verdict.by).map { " (\($0))" } ?? ""
        let answer = verdict.refusal.map { ": \($0.status) \($0.code)" } ?? ""
        Output.line("\(verdict.action.rawValue) by \(verdict.by)\(place)\(answer)")
        if let hint = verdict.hint { Output.line("  the peer reads: \(hint)") }
        if !verdict.would.isEmpty {
            Output.line("  only reported: \(verdict.would.joined(separator: ", "))")
        }
    }

    private func printJSON(_ policy: Policy, _ verdict: Verdict, _ standing: Standing) {
        func text(_ text: String?) -> Output.Value { text.map { .string($0) } ?? .null }
        Output.json([
            "action": .string(verdict.action.rawValue), "by": .string(verdict.by),
            "place": text(policy.place(of: verdict.by)?.description),
            "code": text(verdict.code), "hint": text(verdict.hint),
            "status": verdict.status.map { .number($0) } ?? .null,
            "would": .strings(verdict.would), "policy": .string(policy.hash),
            "checks": .list(
                verdict.checks.map { check in
                    [
                        "name": .string(check.name), "result": .string(check.result.rawValue),
                        "place": text(written(check, policy, standing)),
                        "reason": text(check.reason.text),
                    ]
                }),
        ])
    }
}

/// The message that a policy is asked about, in the words of a test's `given`.
struct MessageOptions: ParsableArguments {
    @Option(help: "share.in, notification.in, invite.in, token.in, webdav.in, ocs.in, share.out, …")
    var on = "share.in"

    @Option(help: "The peer, host[:port]; without it the message names nobody.")
    var peer: String?

    @Option(help: "none, invalid, cavage or rfc9421.")
    var signature: String?

    @Option(help: "token or secret: how the data will be accessed.")
    var access: Access?

    @Flag(name: .customLong("peer-advertises-keys"), help: "The peer publishes keys.")
    var advertisesKeys = false

    @Option(help: "true or false: an accepted invitation stands behind the share.")
    var invite: Bool?

    @Option(help: "true or false: the peer advertises enforce-mfa.")
    var mfa: Bool?

    @Option(
        name: .customLong("key-pinned"), help: "true or false: the peer's key was known before.")
    var keyPinned: Bool?

    @Option(help: "true or false; without it, as the lists say.")
    var directory: Bool?

    @Option(help: "true or false: the connection shows a client certificate of the peer.")
    var mtls: Bool?

    @Option(help: "What the peer calls itself, like \"nextcloud 33.0.3\".")
    var software: String?

    @Option(help: "Limits that have no room, by name; several with commas.")
    var over: String?

    @Option(name: .customLong("share-type"), help: "user, group or federation.")
    var shareType: String?

    @Option(name: .customLong("resource-type"), help: "file, folder, …")
    var resourceType: String?

    @Option(help: "webdav, webapp, ssh; several with commas.")
    var `protocol`: String?

    @Option(help: "read, write, share, unspecified; several with commas.")
    var permissions: String?

    @Option(name: .customLong("access-types"), help: "remote, datatx; several with commas.")
    var accessTypes: String?

    @Option(help: "The size that the share states, like 20MiB.")
    var size: String?

    @Option(help: "An address like alice@cloud.example.")
    var owner: String?

    @Option(help: "An address like alice@cloud.example.")
    var sender: String?

    @Option(help: "An address like bob@here.example.")
    var recipient: String?

    @Option(name: .customLong("notification-type"), help: "SHARE_ACCEPTED, …")
    var notificationType: String?

    @Option(help: "From which IP address the message comes.")
    var address: String?

    @Option(help: "The date, like 2027-06-30; without it, now.")
    var now: String?

    enum Access: String, ExpressibleByArgument { case token, secret }

    /// The facts of the message; what is wrong goes to standard error with the name of the option.
    func facts() throws -> Facts {
        let findings = Findings(file: "the message")
        let facts = Facts.given(try given(), findings)
        guard var facts, findings.isEmpty else {
            let reasons = findings.result?.all.map { error in
                error.message + (error.remedy.map { "; \($0)" } ?? "")
            }
            throw CommandFailure((reasons ?? []).joined(separator: "\n"))
        }
        if peer == nil { facts.peer = nil }
        if now == nil { facts.now = Int(Date().timeIntervalSince1970) }
        return facts
    }

    /// The limits that have no room, by their place.
    func full(in policy: Policy) throws -> Set<Int> {
        let places = Dictionary(
            policy.limits.enumerated().map { ($1.name, $0) }
                + [(Policy.pingPongLabel, Policy.pingPongPlace)],
            uniquingKeysWith: { first, _ in first })
        return Set(
            try (over ?? "").split(separator: ",").map { word in
                guard let place = places[String(word)] else {
                    let near = remedy(for: String(word), among: places.keys.sorted())
                    throw CommandFailure(
                        "--over: there is no limit \(quoted(String(word)))"
                            + (near.map { "; \($0)" } ?? ""))
                }
                return place
            })
    }

    private func given() throws -> [(key: String, value: TOMLNode.Content)] {
        var given: [(key: String, value: TOMLNode.Content)] = [("on", .string(on))]
        func add(_ key: String, _ word: String?) {
            if let word { given.append((key, .string(word))) }
        }
        func add(_ key: String, several words: String?) {
            guard let words = words?.split(separator: ",") else { return }
            let nodes = words.map { TOMLNode(.string(String($0)), at: .start) }
            given.append((key, .array(nodes)))
        }
        add("peer", peer)
        add("signature", signature)
        if let access { given.append(("token_exchange", .boolean(access == .token))) }
        if advertisesKeys { given.append(("advertises_keys", .boolean(true))) }
        let facts = [
            ("invite", invite), ("mfa", mfa), ("key_pinned", keyPinned), ("directory", directory),
            ("mtls", mtls),
        ]
        for (key, value) in facts {
            if let value { given.append((key, .boolean(value))) }
        }
        add("software", software)
        add("share_type", shareType)
        add("resource_type", resourceType)
        add("protocol", several: `protocol`)
        add("permissions", several: permissions)
        add("access_types", several: accessTypes)
        add("size", size)
        add("owner", owner)
        add("sender", sender)
        add("recipient", recipient)
        add("notification_type", notificationType)
        add("address", address)
        if let now {
            do throws(ConfigurationErrors) {
                let document = try TOMLDocument(Array("now = \(now)".utf8), file: "--now")
                if case .table(let members) = document.root.content {
                    given += members.map { ($0.key, $0.value.content) }
                }
            } catch {
                throw CommandFailure("--now: \(quoted(now)) is not a date like 2027-06-30")
            }
        }
        return given
    }
}
