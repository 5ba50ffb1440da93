import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate share list|show|add|revoke`: the share registry.
struct ShareCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "share", abstract: "The shares that the gateway knows: look, add, end.",
        subcommands: [List.self, Show.self, Add.self, Revoke.self])

    /// Hands on all shares, by number.
    static func each(_ option: ConfigurationOption, _ body: (ShareRecord) -> Void) throws {
        let state = try option.state()
        do { try ShareListing.each(state.file, body) } catch { throw CommandFailure("\(error)") }
    }

    /// The share of that number; nil where there is none.
    static func share(_ id: String, _ option: ConfigurationOption) throws -> ShareRecord? {
        let state = try option.state()
        do { return try ShareListing.one(state.file, id) } catch {
            throw CommandFailure("\(error)")
        }
    }

    /// `ocmgate share list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "List all shares: number, direction, peer, the backend's id, standing, what opens it.",
            discussion: """
                What opens it is token (its code has to be exchanged for tokens of minutes) or permanent (a \
                secret, or a code that need not be exchanged, opens it for as long as it stands). \
                Reads beside a running gateway and changes nothing.
                """)

        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            if json {
                var rows = Output.Rows(of: "shares")
                try ShareCommand.each(option) { rows.add($0.row) }
                rows.end()
                return
            }
            try ShareCommand.each(option) { share in
                Output.line(
                    [
                        "\(share.id)", share.direction.word, "\(share.peer)",
                        share.providerID?.text ?? "-", share.state, share.opener.rawValue,
                    ].joined(separator: "\t"))
            }
        }
    }

    /// `ocmgate share show`.
    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one share: all that is known, but for its secrets.",
            discussion: """
                Of an address only the server is shown, since the rest may hold a secret. Exit codes: 0 \
                shown, 1 there is no such share, 2 the state cannot be read.
                """
        )

        @Argument(help: "The number of the share.")
        var id: String

        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            guard let share = try ShareCommand.share(id, option) else {
                try Output.miss("there is no share \(id)", json)
            }
            if json {
                Output.json(share.row)
                return
            }
            for (name, value) in share.lines { Output.line("\(name)\t\(value)") }
        }
    }
}

extension ShareDirection {
    fileprivate var word: String {
        switch self {
        case .inbound: "in"
        case .outbound: "out"
        }
    }
}

extension ShareRecord {
    fileprivate var state: String {
        standing(now: Environment.live.now()).rawValue
    }

    /// What is known, but for secrets.
    fileprivate var row: [String: Output.Value] {
        var row = Dictionary(uniqueKeysWithValues: facts.map { ($0.name, $0.value) })
        row["protocols"] = .strings(accesses.map(\.protocolName))
        row["opensBy"] = .strings(accesses.map(\.opener))
        row["accesses"] = .list(accesses.map(\.row))
        return row
    }

    private static let renewed = "those that were made before the last revocation open nothing"

    fileprivate var lines: [(name: String, value: String)] {
        var lines = facts.map { name, value in
            switch value {
            case .string(let text): (name, text)
            case .number(let number): (name, String(number))
            default: (name, "")
            }
        }
        lines.append(("protocols", accesses.map(\.protocolName).joined(separator: ",")))
        lines.append(("opensBy", accesses.map(\.opener).joined(separator: ",")))
        return lines + accesses.map { ("access", $0.text) }
    }

    /// Of the share as a whole.
    private var facts: [(name: String, value: Output.Value)] {
        let facts: [(String, Output.Value?)] = [
            ("id", .string(id.description)), ("direction", .string(direction.word)),
            ("peer", .string(peer.description)), ("state", .string(state)),
            ("opener", .string(opener.rawValue)),
            ("resourceType", .string(resourceType ?? "unknown")),
            ("origin", .string(origin.word)), ("created", .number(created)),
            ("providerId", providerID.map { .string($0.text) }),
            ("owner", owner.map { .string($0) }), ("sender", sender.map { .string($0) }),
            ("recipient", recipient.map { .string($0) }),
            ("site", site.map { .string($0.description) }),
            ("expires", expires.map { .number($0) }), ("ended", ended.map { .number($0) }),
            ("boundPeer", boundPeer.map { .string($0.description) }),
            (
                "tokens",
                epoch > 0 && direction == .outbound && ended == nil ? .string(Self.renewed) : nil
            ),
            ("tokenTTL", settings.tokenTTL.map { .string($0.configured) }),
            ("acceptSecret", settings.acceptSecret.map { .string($0.rawValue) }),
            ("bind", settings.bind.map { .string($0.rawValue) }),
        ]
        return facts.compactMap { name, value in value.map { (name, $0) } }
    }
}

extension ShareOrigin {
    fileprivate var word: String {
        switch self {
        case .seen: "seen"
        case .learned: "learned"
        }
    }
}

extension ShareAccess {
    fileprivate var opener: String { hasHandle ? "code" : "secret" }

    private var words: [String] {
        switch permissions {
        case .unspecified: ["unspecified"]
        case .named(let words): words
        }
    }

    fileprivate var row: [String: Output.Value] {
        [
            "protocol": .string(protocolName), "opensBy": .string(opener),
            "permissions": .strings(words), "requirements": .strings(requirements.map(\.word)),
            "server": .optional(uri.flatMap(ShareCommand.server)),
        ]
    }

    /// For people.
    fileprivate var text: String {
        var parts = ["\(protocolName) by \(opener)", "permissions \(words.joined(separator: ","))"]
        if !requirements.isEmpty {
            parts.append("requirements \(requirements.map(\.word).joined(separator: ","))")
        }
        if let server = uri.flatMap(ShareCommand.server) { parts.append("at \(server)") }
        return parts.joined(separator: "; ")
    }
}

extension ShareCommand {
    /// The server that a way leads to. The rest of an address is not shown: a secret may be in it, as in
    /// that of a `webapp`, and nothing tells which part that is.
    static func server(_ uri: String) -> String? {
        guard let parts = URLComponents(string: uri), let scheme = parts.scheme,
            let host = parts.host, !host.isEmpty
        else { return nil }
        return "\(scheme)://\(host)" + (parts.port.map { ":\($0)" } ?? "")
    }
}
