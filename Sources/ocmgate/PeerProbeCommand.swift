import ArgumentParser
import Federation
import Gateway

extension PeerCommand {
    /// `ocmgate peer probe HOST`: what it speaks, what we would send it, and why.
    struct Probe: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a server speaks, what we would send it, and why.",
            discussion: """
                Fetches its discovery document and its keys, as the gateway does, and sends nothing \
                else. What the gateway has learned of it is read beside one that runs. Exit codes: \
                0 it publishes a document, 1 it answers and publishes none, 2 it cannot be asked.
                """)

        @OptionGroup var question: PeerQuestion

        func run() async throws {
            let found = try await question.ask()
            let learned = try question.learned(found)
            let document: DiscoveryDocument? =
                switch found.words {
                case .published(let document): document
                case .absent: nil
                }
            let dialect = PeerDialect(
                document, learned, sending: found.settings.signature.send)
            let policy = try question.policy(found)
            let (guarding, incoming) = found.incoming(document, policy)
            let report = Report(
                found: found, document: document, dialect: dialect, learned: learned,
                outgoing: found.verdict(of: policy, on: Occasion(.share, .outbound)) { facts in
                    facts.signature = dialect.fact
                    facts.access = dialect.exchange == .none ? .secret : .token
                },
                incoming: incoming, guarding: guarding)
            if question.json { report.printJSON() } else { report.printText() }
            if document == nil { throw Exit.findings }
        }
    }

    /// All that is told.
    private struct Report {
        let found: PeerQuestion.Found
        let document: DiscoveryDocument?
        let dialect: PeerDialect
        let learned: PeerDialect.Learned
        /// What the policy says to an ordinary share to it, and from it.
        let outgoing: Verdict?
        let incoming: Verdict?
        /// What refuses a share from it before the policy is asked.
        let guarding: Denial?

        func printText() {
            Output.line("\(found.peer)" + (document.map { ": \($0.endPoint)" } ?? ""))
            for sentence in sentences { Output.line("  \(sentence)") }
        }

        func printJSON() {
            Output.json([
                "host": .string(found.peer.description), "published": .bool(document != nil),
                "keys": .strings(found.keys),
                "signatures": .string(dialect.signatures.standard),
                "otherSignatures": .optional(dialect.otherSignatures?.standard),
                "verifies": .bool(dialect.verification == .verifies),
                "protocol": .string(dialect.shape == .legacy ? "legacy" : "multi"),
                "addresses": .string(
                    OCMAddress(identifier: "alice", host: found.site).written(dialect.addressForm)),
                "exchange": .string("\(dialect.exchange)"),
                "tokenEndPoint": dialect.tokenEndPoint.map {
                    .string("\($0.host.origin)\($0.path)")
                } ?? .null,
                "hasSigned": .string(learned.signed.standard),
                "hasAccepted": .string(learned.accepted.standard),
                "policy": .object(["out": outgoing.told, "in": incoming.told]),
                "guard": guarding.told,
                "explanation": .strings(sentences),
            ])
        }

        private var sentences: [String] {
            var sentences = PeerExplanation(
                document, learned, sending: found.settings.signature.send, from: found.site
            ).lines
            if !found.isFromFile {
                sentences.append(
                    found.keys.isEmpty
                        ? "No key of it could be fetched."
                        : "Its keys: \(found.keys.joined(separator: ", ")).")
            }
            if learned.signed != .none {
                sentences.append("It has signed by \(learned.signed.standard) before.")
            }
            if learned.accepted != .none {
                sentences.append(
                    "It has taken what we signed by \(learned.accepted.standard) before.")
            }
            if let outgoing {
                sentences.append("The policy to an ordinary share to it: \(words(outgoing)).")
            }
            if let guarding {
                sentences.append(
                    "An ordinary share from it is refused before the policy is asked: "
                        + "\(guarding.words).")
            }
            if let incoming {
                sentences.append("The policy to an ordinary share from it: \(words(incoming)).")
            }
            return sentences
        }

        private func words(_ verdict: Verdict) -> String {
            "\(verdict.action.rawValue) by \(verdict.by)"
        }
    }
}

extension PeerDialect {
    /// What the policy hears of a message to the peer: signed where it looks at such signatures.
    fileprivate var fact: SignatureFact {
        switch (verificationOfSent, signatures) {
        case (.unknown, _), (_, .none): .none
        case (.verifies, .cavage): .cavage
        case (.verifies, .label), (.verifies, .tag): .rfc9421
        }
    }
}
