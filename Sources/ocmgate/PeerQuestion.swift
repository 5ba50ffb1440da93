import ArgumentParser
import Federation
import Gateway
import Logging
import Transport

/// A question about one peer: who it is, and where its own words come from.
struct PeerQuestion: ParsableArguments {
    @OptionGroup var about: PeerOptions

    @Option(
        help: ArgumentHelp(
            "Its discovery document, - for standard input; then nothing is asked over the network.",
            valueName: "file"))
    var document: String?

    var json: Bool { about.json }

    /// What there is to know of the peer.
    struct Found {
        let peer: PeerHost
        let settings: Configuration
        /// Our own host.
        let site: PeerHost
        let words: PeerDocument
        /// The names of the keys that could be fetched.
        let keys: [String]
        /// Why there are no others: of each that it shows and that cannot be used, or of its key set.
        var unusable: [String] = []
        /// The keys themselves, as they are pinned.
        var offered: [OfferedKey] = []
        /// Those that earlier messages were verified with, or a person pinned.
        let pins: [Pin]
        /// Whether a file was read in its place.
        var isFromFile = false

        /// What a policy says to a message of this kind, ordinary in what its peer says nothing of;
        /// nil without a policy.
        ///
        /// - Parameter change: what is changed of its facts.
        func verdict(
            of policy: Policy?, on occasion: Occasion, _ change: (inout Facts) -> Void
        ) -> Verdict? {
            var facts = Facts.ordinary(
                occasion, peer: peer, now: Environment.live.now())
            switch words {
            case .published(let document): facts.know(document, pins)
            case .absent: facts.know(nil, pins)
            }
            change(&facts)
            // By a known key comes what is signed with it, and is looked at.
            if occasion.direction == .inbound,
                !facts.signature.isValid || settings.signature.firstSeen == .accept
            {
                facts.keyPinned = .none
            }
            return policy?.evaluate(facts, room: Policy.roomForAll)
        }

        /// What an ordinary share from it meets, as well signed as it can: what refuses it before the policy is
        /// asked, and what the policy says.
        func incoming(
            _ document: DiscoveryDocument?, _ policy: Policy?
        ) -> (guarding: Denial?, verdict: Verdict?) {
            let occasion = Occasion(.share, .inbound)
            let signature = document?.generation ?? .none
            let verdict = verdict(of: policy, on: occasion) { facts in
                facts.signature = signature
                facts.access = document?.exchangesTokens == true ? .token : .secret
            }
            return (settings.refusal(of: signature, on: occasion, beside: verdict), verdict)
        }
    }

    /// Asks the peer for its discovery document and its keys, and for nothing else; or reads the
    /// document that was named.
    func ask() async throws -> Found {
        let peer = try about.peer()
        let settings = about.option.isThere ? try about.option.load() : try Self.usual()
        guard let site = Site(origin: settings.site.origin, aliases: [])?.host else {
            throw CommandFailure("site.origin cannot be used")
        }
        let pins = try pins(of: peer, settings)
        if let document {
            return Found(
                peer: peer, settings: settings, site: site,
                words: .published(try Self.read(document)),
                keys: [], pins: pins, isFromFile: true)
        }
        let log = GatewayLog(level: .error, format: settings.log.written)
        let group = LoopGroup(count: 1)
        do {
            let client = try RunningGateway.outboundClient(settings, group)
            let directory = RunningGateway.peerDirectory(
                settings, client, .live, log, patience: .seconds(60))
            let words = try await directory.document(of: peer)
            // Asking for any key fetches them all.
            var unusable: [String] = []
            do throws(Denial) { _ = try await directory.key("", of: peer, for: .jwks) } catch {
                if error.code == .keyUnavailable { unusable.append(error.detail) }
            }
            let keys = directory.keys(of: peer)
            unusable += directory.unusableKeys(of: peer).map(\.description)
            await group.shutdown()
            return Found(
                peer: peer, settings: settings, site: site, words: words,
                keys: keys.map(\.id).sorted(), unusable: unusable,
                offered: keys.map { OfferedKey($0) }, pins: pins)
        } catch let denial as Denial {
            await group.shutdown()
            throw CommandFailure("\(peer) cannot be asked: \(denial.detail)")
        } catch let problem as FileProblem {
            await group.shutdown()
            throw CommandFailure(problem.description)
        }
    }

    /// What earlier messages showed of the peer; nothing where no gateway has run yet.
    func learned(_ found: Found) throws -> PeerDialect.Learned {
        guard about.option.isThere else { return PeerDialect.Learned() }
        do {
            let file = found.settings.state.file
            return PeerDialect.Learned(
                signed: try PeerGenerations.read(file, found.peer, of: .peer),
                accepted: try PeerGenerations.read(file, found.peer, of: .us))
        } catch { throw CommandFailure("\(error)") }
    }

    /// The keys that it is known by; none where no gateway has run yet.
    private func pins(of peer: PeerHost, _ settings: Configuration) throws -> [Pin] {
        guard about.option.isThere else { return [] }
        do {
            guard try Store.isThere(settings.state.file) else { return [] }
            return try PinBook.read(settings.state.file)[peer] ?? []
        } catch { throw CommandFailure("\(error)") }
    }

    /// Says that there is none; exit code 1.
    func reportAbsence(of peer: PeerHost) throws -> Never {
        if json {
            Output.json(["host": .string(peer.description), "published": .bool(false)])
        } else {
            Output.line("\(peer) answers, and publishes no OCM discovery document")
        }
        throw Exit.findings
    }

    /// The policy in force; nil without a configuration.
    func policy(_ found: Found) throws -> Policy? {
        guard about.option.isThere else { return nil }
        do throws(ConfigurationErrors) {
            return try PolicyCommand.inForce(found.settings)
        } catch { throw CommandFailure(error) }
    }

    /// Refused: what is no discovery document.
    private static func read(_ file: String) throws -> DiscoveryDocument {
        let bytes = try InputFile.bytes(file)
        do { return try DiscoveryDocument(parsing: bytes) } catch {
            throw CommandFailure("\(file) is no discovery document: \(error)")
        }
    }

    /// What holds where there is no configuration.
    private static func usual() throws -> Configuration {
        let text = """
            [site]
            origin = "https://localhost"
            [backend]
            url = "http://localhost:8080"
            [policy]
            file = "/dev/null"
            """
        do { return try Configuration(Array(text.utf8), file: "no configuration") } catch {
            throw CommandFailure(error)
        }
    }
}

extension Denial {
    /// As the commands tell it: what the peer reads, and why.
    var words: String { "\(status) \(disclosedCode), \(detail)" }
}

extension Verdict? {
    /// What decides, as a member of a JSON object; null for nothing.
    var told: Output.Value {
        guard let verdict = self else { return .null }
        return .object(["action": .string(verdict.action.rawValue), "by": .string(verdict.by)])
    }
}

extension Denial? {
    /// The same as a member of a JSON object; null for nothing.
    var told: Output.Value {
        guard let denial = self else { return .null }
        return .object([
            "code": .string(denial.disclosedCode), "status": .number(denial.status),
            "reason": .string(denial.detail),
        ])
    }
}
