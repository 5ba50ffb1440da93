import ArgumentParser
import Federation
import Foundation
import Gateway
import Logging
import OpenSSL
import Transport

/// `ocmgate discover HOST`: what a peer publishes of itself, and what follows from it.
struct DiscoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract: "Fetch what a server publishes of itself, judge it, and say what follows.",
        discussion: """
            Works without a configuration too; with one, its [outbound] settings hold and its \
            policy is asked. Exit codes: 0 it publishes a document, 1 it answers and publishes \
            none, 2 it cannot be asked.
            """)

    @OptionGroup var about: PeerOptions

    func run() async throws {
        let peer = try about.peer()
        let settings = about.option.isThere ? try about.option.load() : try Self.usual()
        let log = GatewayLog(level: .error, format: settings.log.format.written)
        let group = LoopGroup(count: 1)
        do {
            let client = try RunningGateway.outboundClient(settings, group)
            let directory = RunningGateway.peerDirectory(
                settings, client, .live, log, patience: .seconds(60))
            let found = try await directory.document(of: peer)
            // Asking for any key fetches them all.
            _ = try? await directory.key("", of: peer, for: .jwks)
            let keys = directory.keys(of: peer).map(\.id).sorted()
            await group.shutdown()
            try report(found, keys, of: peer, settings)
        } catch let denial as Denial {
            await group.shutdown()
            throw CommandFailure("\(peer) cannot be asked: \(denial.detail)")
        } catch let problem as PrivateFile.Problem {
            await group.shutdown()
            throw CommandFailure(problem.description)
        }
    }

    /// What holds where there is no configuration.
    private static func usual() throws -> Configuration {
        let text = """
            [site]
            origin = "https://localhost"
            [backend]
            url = "http://localhost"
            [policy]
            file = "/dev/null"
            """
        do { return try Configuration(Array(text.utf8), file: "no configuration") } catch {
            throw CommandFailure(error)
        }
    }

    private func report(
        _ found: PeerDocument, _ keys: [String], of peer: PeerHost, _ settings: Configuration
    ) throws {
        switch found {
        case .absent:
            if about.json {
                Output.json(["host": .string(peer.description), "published": .bool(false)])
            } else {
                Output.line("\(peer) answers, and publishes no OCM discovery document")
            }
            throw Exit.findings
        case .published(let document):
            let verdict = try judge(document, peer, settings)
            if about.json {
                printJSON(document, keys, verdict, of: peer)
            } else {
                printText(document, keys, verdict, of: peer)
            }
        }
    }

    /// What the policy says to a share from there, as well signed as the peer can.
    private func judge(
        _ document: DiscoveryDocument, _ peer: PeerHost, _ settings: Configuration
    ) throws -> Verdict? {
        guard about.option.isThere, let occasion = Occasion("share.in") else { return nil }
        let policy: Policy
        do throws(ConfigurationErrors) {
            policy = try Policy.load(file: settings.policy.file, .disk)
        } catch { throw CommandFailure(error) }
        var facts = Facts.ordinary(occasion, peer: peer, now: Int(Date().timeIntervalSince1970))
        facts.signature = document.generation
        facts.access = document.exchangesTokens ? .token : .secret
        return policy.evaluate(facts)
    }

    private func printJSON(
        _ document: DiscoveryDocument, _ keys: [String], _ verdict: Verdict?, of peer: PeerHost
    ) {
        Output.json([
            "host": .string(peer.description), "published": .bool(true),
            "endPoint": .string(document.endPoint),
            "provider": document.provider.map { .string($0) } ?? .null,
            "version": .string(document.version ?? document.apiVersion ?? ""),
            "capabilities": .strings(document.capabilities.map(\.rawValue).sorted()),
            "criteria": .strings(document.criteria.map(\.rawValue).sorted()),
            "signatures": .string("\(document.generation)"), "keys": .strings(keys),
            "exchangesTokens": .bool(document.exchangesTokens),
            "weSign": .string(document.answered.generation),
            "policy": verdict.map {
                .object(["action": .string($0.action.rawValue), "by": .string($0.by)])
            } ?? .null,
            "oddities": .strings(document.oddities),
        ])
    }

    private func printText(
        _ document: DiscoveryDocument, _ keys: [String], _ verdict: Verdict?, of peer: PeerHost
    ) {
        func list(_ words: [String]) -> String {
            words.isEmpty ? "none" : words.sorted().joined(separator: ", ")
        }
        Output.line("\(peer): \(document.provider ?? "unnamed"), \(document.endPoint)")
        Output.line("  version        \(document.version ?? document.apiVersion ?? "none")")
        Output.line("  capabilities   \(list(document.capabilities.map(\.rawValue)))")
        Output.line("  criteria       \(list(document.criteria.map(\.rawValue)))")
        Output.line("  signs          \(document.generation)")
        Output.line("  keys           \(list(keys))")
        if document.advertisesSignatures, keys.isEmpty {
            Output.line("                 it says that it signs, and shows no key that can be used")
        }
        Output.line("  token exchange \(document.exchangesTokens ? "yes" : "no")")
        Output.line(
            "  we would sign  \(document.answered.generation): \(document.answered.because)")
        if let verdict {
            Output.line("  its shares     \(verdict.action.rawValue) by \(verdict.by)")
        }
        for oddity in document.oddities { Output.line("  odd: \(oddity)") }
    }
}

extension DiscoveryDocument {
    /// How the peer signs, as far as it says so.
    fileprivate var generation: SignatureFact {
        if jwksURI != nil || capabilities.contains(.httpSig) { return .rfc9421 }
        return advertisesSignatures ? .cavage : .none
    }

    /// How a message to it would be signed, and why.
    fileprivate var answered: (generation: String, because: String) {
        if jwksURI == nil, !signatureKeys.isEmpty {
            return ("cavage", "it publishes publicKey and no jwksUri")
        }
        if jwksURI != nil { return ("rfc9421", "it publishes a jwksUri") }
        return ("rfc9421", "an old server takes no notice of it")
    }
}
