import ArgumentParser
import Federation
import Foundation
import Gateway

/// `ocmgate policy test|explain`: a policy file, without a gateway.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Test a policy file, and ask it.",
        subcommands: [Test.self, Explain.self])

    fileprivate static func load(_ file: String) throws -> Policy {
        do { return try Policy.load(file: file, .disk) } catch {
            throw CommandFailure("\(error)")
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the tests of policy files.",
            discussion: "Exit code 1 when a test fails, 2 when a file cannot be read.")

        @Argument(help: "Policy files.")
        var files: [String]

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            var failed = 0
            var passed = 0
            var rows: [[String: Output.Value]] = []
            for file in files {
                for outcome in try PolicyCommand.load(file).runTests() {
                    if outcome.passed { passed += 1 } else { failed += 1 }
                    rows.append([
                        "file": .string(file), "test": .string(outcome.test.name),
                        "passed": .bool(outcome.passed),
                        "differences": .strings(outcome.differences),
                    ])
                    if !json, !outcome.passed {
                        Output.line(
                            "\(outcome.test.file):\(outcome.test.position.line): \(outcome.test.name): "
                                + outcome.differences.joined(separator: "; "))
                    }
                }
            }
            if json {
                Output.json([
                    "passed": .number(passed), "failed": .number(failed), "tests": .list(rows),
                ])
            } else {
                Output.line("\(passed) passed, \(failed) failed")
            }
            if failed > 0 { throw Exit.findings }
        }
    }

    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask a policy about a message, and print every check.",
            discussion: "Exit code 3 when the policy refuses.")

        @Argument(help: "The policy file.")
        var file: String

        @Option(help: "share.in, notification.in, invite.in, token.in, webdav.in, …")
        var on = "share.in"

        @Option(help: "The peer, host[:port].")
        var peer: String?

        @Option(help: "none, cavage or rfc9421.")
        var signature = "rfc9421"

        @Option(help: "token or secret: how the data will be accessed.")
        var access = "token"

        @Option(name: .customLong("share-type"), help: "user, group or federation.")
        var shareType = "user"

        @Option(name: .customLong("resource-type"), help: "file, folder, …")
        var resourceType = "file"

        @Option(help: "read, write, share; several with commas.")
        var permissions = "read"

        @Flag(name: .customLong("peer-advertises-keys"), help: "The peer publishes keys.")
        var advertisesKeys = false

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let policy = try PolicyCommand.load(file)
            let verdict = policy.evaluate(try facts())
            if json {
                Output.json([
                    "action": .string(verdict.action.rawValue), "by": .string(verdict.by),
                    "code": verdict.code.map { .string($0) } ?? .null,
                    "status": verdict.status.map { .number($0) } ?? .null,
                    "would": .strings(verdict.would), "policy": .string(policy.hash),
                    "checks": .list(
                        verdict.checks.map {
                            [
                                "name": .string($0.name), "result": .string($0.result.rawValue),
                                "reason": $0.reason.text.map { .string($0) } ?? .null,
                            ]
                        }),
                ])
            } else {
                for check in verdict.checks {
                    let reason = check.reason.text.map { "  (\($0))" } ?? ""
                    Output.line("\(check.result.rawValue)\t\(check.name)\(reason)")
                }
                let status = verdict.status.map { " \($0)" } ?? ""
                Output.line(
                    "\(verdict.action.rawValue) by \(verdict.by)"
                        + (verdict.code.map { ": \($0)\(status)" } ?? ""))
            }
            switch verdict.action {
            case .allow: return
            case .deny, .hold: throw Exit.refused
            }
        }

        private func facts() throws -> Facts {
            guard let occasion = Occasion(on) else {
                throw CommandFailure("\(on) is no occasion; for instance share.in, token.in")
            }
            let host = try peer.map { text in
                guard let host = PeerHost(text) else {
                    throw CommandFailure("\(text) is not a host")
                }
                return host
            }
            var facts = Facts(occasion, peer: host, now: Int(Date().timeIntervalSince1970))
            facts.signature = try word(
                signature, ["none": .none, "cavage": .cavage, "rfc9421": .rfc9421])
            facts.access = try word(access, ["token": .token, "secret": .secret])
            facts.peerKeys = advertisesKeys ? .advertised : .none
            facts.shareType = shareType
            facts.resourceType = resourceType
            facts.protocols = ["webdav"]
            facts.permissions = Permissions(
                words: permissions.split(separator: ",").map(String.init))
            return facts
        }

        private func word<Value>(_ text: String, _ known: [String: Value]) throws -> Value {
            guard let value = known[text] else {
                throw CommandFailure(
                    "\(text) is none of: \(known.keys.sorted().joined(separator: ", "))")
            }
            return value
        }
    }
}
