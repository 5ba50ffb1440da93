import ArgumentParser
import Federation
import Foundation
import Gateway

extension PeerCommand {
    /// `ocmgate peer pin HOST`: takes the keys that a peer shows now for its own.
    struct Pin: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accept the keys that a peer shows now.",
            discussion: """
                Fetches them, shows them beside those that the peer is known by, and asks. After a \
                refusal with key_changed have its people read you the fingerprint of each new key (a \
                gateway has two), and give each with --fingerprint. Nothing is accepted while the \
                peer shows a new key that you did not name, since one key vouches for those beside \
                it. A fingerprint is base64url of the SHA-256 of the key's SubjectPublicKeyInfo; \
                another gateway's people read it from ocmgate key list. A gateway that runs takes \
                the keys at once. Exit codes: 0 accepted, 1 not accepted, 2 the peer cannot be asked.
                """)

        @OptionGroup var question: PeerQuestion

        // One in 64 begins with a dash.
        @Option(
            parsing: .unconditionalSingleValue,
            help: "The fingerprint of a new key that is accepted; once for each.")
        var fingerprint: [String] = []

        @Flag(help: "Accept them without asking.")
        var yes = false

        func run() async throws {
            let found = try await question.ask()
            let state = try PeerState(question.about.option)
            let known = try state.one(found.peer)
            guard !found.offered.isEmpty else {
                throw CommandFailure("\(found.peer) shows no key that can be used")
            }
            if !question.json || !isDecided { show(known, found) }
            guard try isAccepted(found, known) else {
                if question.json { report(found, accepted: false) }
                throw Exit.findings
            }
            let key = try state.settings.keyToWrite()
            do {
                _ = try await PeerDecision.pin(
                    found.peer, found.offered, in: state.settings.state.file, key, now: state.now)
            } catch { throw CommandFailure("\(error)") }
            report(found, accepted: true)
        }

        private var isDecided: Bool { yes || !fingerprint.isEmpty }

        private func show(_ known: KnownPeer, _ found: PeerQuestion.Found) {
            Output.error("\(found.peer) is known by")
            for pin in known.pins {
                Output.error("  \(pin.key.text), since \(Moment.text(pin.firstSeen))")
            }
            if known.pins.isEmpty { Output.error("  no key") }
            Output.error("and shows now")
            for key in found.offered {
                let isKnown = known.pins.contains { $0.key == key }
                Output.error("  \(key.text)" + (isKnown ? " (known)" : " (new)"))
            }
        }

        private func isAccepted(_ found: PeerQuestion.Found, _ known: KnownPeer) throws -> Bool {
            guard fingerprint.isEmpty else { return areNamed(found, known) }
            if yes { return true }
            guard isatty(FileHandle.standardInput.fileDescriptor) == 1 else {
                throw CommandFailure("nobody can be asked: name a --fingerprint, or say --yes")
            }
            Output.error("Take these keys for its own? [y/N]")
            return readLine().map { ["y", "yes"].contains($0.lowercased()) } ?? false
        }

        /// Whether the peer shows all keys that are named, and no new ones beside them.
        private func areNamed(_ found: PeerQuestion.Found, _ known: KnownPeer) -> Bool {
            let names = Set(
                fingerprint.map { $0.hasPrefix("sha256:") ? String($0.dropFirst(7)) : $0 })
            let shown = Set(found.offered.map(\.thumbprint))
            for name in names.subtracting(shown).sorted() {
                Output.error("\(found.peer) shows no key with the fingerprint \(name)")
            }
            let others = Pins.unnamed(found.offered, by: names, pins: known.pins)
            for key in others {
                Output.error(
                    "\(found.peer) shows another new key, which nobody named: \(key.text)")
            }
            if !others.isEmpty {
                Output.error("ask for that one too, and give --fingerprint once for each")
            }
            return names.isSubset(of: shown) && others.isEmpty
        }

        private func report(_ found: PeerQuestion.Found, accepted: Bool) {
            if question.json {
                Output.json([
                    "peer": .string(found.peer.description), "accepted": .bool(accepted),
                    "keys": .strings(found.offered.map(\.thumbprint)),
                ])
            } else if accepted {
                Output.line("\(found.peer) is known by \(found.offered.count) keys now")
            }
        }
    }
}
