import ArgumentParser
import Federation
import Gateway

/// `ocmgate discover HOST`: what a peer publishes of itself, and what follows from it.
struct DiscoverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "discover",
        abstract: "Fetch what a server publishes of itself, judge it, and say what follows.",
        discussion: """
            Works without a configuration too; with one, its [outbound] settings hold and its \
            policy is asked. `ocmgate peer probe` says what would be sent there. Exit codes: 0 it \
            publishes a document, 1 it answers and publishes none, 2 it cannot be asked.
            """)

    @OptionGroup var question: PeerQuestion

    func run() async throws {
        let found = try await question.ask()
        switch found.words {
        case .absent: try question.reportAbsence(of: found.peer)
        case .published(let document):
            let (guarding, verdict) = found.incoming(document, try question.policy(found))
            let dialect = PeerDialect(
                document, try question.learned(found), sending: found.settings.signature.send)
            if question.json {
                printJSON(document, dialect, verdict, guarding, found)
            } else {
                printText(document, dialect, verdict, guarding, found)
            }
        }
    }

    private func printJSON(
        _ document: DiscoveryDocument, _ dialect: PeerDialect, _ verdict: Verdict?,
        _ guarding: Denial?, _ found: PeerQuestion.Found
    ) {
        Output.json([
            "host": .string(found.peer.description), "published": .bool(true),
            "enabled": .bool(document.isEnabled), "endPoint": .string(document.endPoint),
            "provider": .optional(document.provider),
            "version": .string(document.version ?? document.apiVersion ?? ""),
            "capabilities": .strings(document.capabilities.map(\.rawValue).sorted()),
            "criteria": .strings(document.criteria.map(\.rawValue).sorted()),
            "signatures": .string("\(document.generation)"), "keys": .strings(found.keys),
            "unusableKeys": .strings(found.unusable),
            "exchangesTokens": .bool(document.exchangesTokens),
            "weSign": .string(dialect.signatures.standard),
            "policy": verdict.told, "guard": guarding.told,
            "oddities": .strings(document.oddities),
        ])
    }

    private func printText(
        _ document: DiscoveryDocument, _ dialect: PeerDialect, _ verdict: Verdict?,
        _ guarding: Denial?, _ found: PeerQuestion.Found
    ) {
        func list(_ words: [String]) -> String {
            words.isEmpty ? "none" : words.sorted().joined(separator: ", ")
        }
        Output.line("\(found.peer): \(document.provider ?? "unnamed"), \(document.endPoint)")
        if !document.isEnabled {
            Output.line("  enabled        no: it says that it takes nothing")
        }
        Output.line("  version        \(document.version ?? document.apiVersion ?? "none")")
        Output.line("  capabilities   \(list(document.capabilities.map(\.rawValue)))")
        Output.line("  criteria       \(list(document.criteria.map(\.rawValue)))")
        Output.line("  signs          \(document.generation)")
        Output.line("  keys           \(list(found.keys))")
        for key in found.unusable { Output.line("                 not usable: \(key)") }
        if document.advertisesSignatures, found.keys.isEmpty, !found.isFromFile {
            Output.line("                 it says that it signs, and shows no key that can be used")
        } else if document.generation == .rfc9421, !found.isFromFile,
            !found.offered.contains(where: { $0.source == PeerKey.Source.jwks.rawValue })
        {
            Output.line(
                "                 none of them in a key set (jwksUri): what it signs by RFC 9421 is refused"
            )
        }
        Output.line("  token exchange \(document.exchangesTokens ? "yes" : "no")")
        Output.line("  we would sign  \(dialect.signatures.standard)")
        if let guarding { Output.line("  its shares     deny: \(guarding.words)") }
        if let verdict {
            let what = guarding == nil ? "its shares" : "the policy"
            Output.line(
                "  \(what)     \(verdict.action.rawValue) by \(verdict.by)")
        }
        for oddity in document.oddities { Output.line("  odd: \(oddity)") }
    }
}

extension DiscoveryDocument {
    /// How the peer signs, as far as it says so.
    var generation: SignatureFact {
        if jwksURI != nil || capabilities.contains(.httpSig) { return .rfc9421 }
        return advertisesSignatures ? .cavage : .none
    }
}

extension SignatureGeneration {
    /// The standard, whatever its form.
    var standard: String {
        switch self {
        case .none: "none"
        case .cavage: "cavage"
        case .label, .tag: "rfc9421"
        }
    }
}
