import ArgumentParser
import Federation
import Gateway
import OpenSSL

/// `ocmgate key`: the gateway's own keys.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The gateway's own keys, and their change without a gap.",
        discussion: """
            A key is made (new), published while it signs nothing yet (stage), signs everything \
            (activate), and is published for a while after that (retire). Ed25519, P-256 and P-384 \
            keys sign by RFC 9421, RSA keys by draft-cavage; of each use one key is active. A \
            gateway that runs takes each step over at once.
            """,
        subcommands: [
            List.self, New.self, Stage.self, Activate.self, Retire.self, Export.self,
        ])

    /// The keys on disk and the hosts that they are named after, the site's own first.
    static func ring(
        _ option: ConfigurationOption
    ) throws -> (ring: KeyRing, site: Site, now: Int) {
        let settings = try option.load()
        guard let site = Site(origin: settings.site.origin, aliases: settings.site.aliases)
        else { throw CommandFailure("site.origin cannot be used") }
        do {
            let now = Environment.live.now()
            let folder = settings.signature.keys
            if let loss = KeyRing.loss(of: folder, state: settings.state.file) { throw loss }
            return (try KeyRing(folder: folder, whenMissing: .refuse, now: now), site, now)
        } catch { throw CommandFailure("\(error)") }
    }

    /// `ocmgate key list`.
    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "List the keys: name, kind, state, the keyId that peers see, the fingerprint.",
            discussion: """
                The fingerprints are what another server's people ask for; their `peer pin` takes \
                each behind a --fingerprint. They are base64url of the SHA-256 of the \
                SubjectPublicKeyInfo. The keys are made at the first start of `ocmgate run`, by a \
                command that makes the state before it, or by `ocmgate key new`. Exit code 2: there \
                are none, and a gateway has had some.
                """)

        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let (ring, site, now) = try KeyCommand.ring(option)
            if json {
                Output.json(["keys": .list(ring.keys.map { $0.row(site.host, now) })])
                return
            }
            if ring.keys.isEmpty {
                Output.error(
                    "there are no keys in \(ring.folder) yet: the first ocmgate run makes them, or, to "
                        + "know them before, ocmgate key new")
            }
            for entry in ring.keys {
                Output.line(
                    "\(entry.name)\t\(entry.key.kind.word)\t\(entry.words(now))\t\(entry.id(for: site.host))\t\(entry.fingerprint)"
                )
            }
        }
    }

    /// `ocmgate key export`.
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print public keys: the JWK set that peers fetch, or one key as PEM.",
            discussion: "Private keys are never printed; they are the files in [signature] keys.")

        @OptionGroup var option: ConfigurationOption

        @Option(help: "The name of a key, to print it as PEM.")
        var pem: String?

        @Flag(help: "The public key that the journal's checkpoints are signed with, as PEM.")
        var journal = false

        @Flag(help: "Print JSON; the JWK set always is.")
        var json = false

        func validate() throws {
            guard journal, pem != nil else { return }
            throw ValidationError("--journal and --pem name two keys: leave one out.")
        }

        func run() throws {
            if journal {
                try exportJournalKey()
                return
            }
            let (ring, site, now) = try KeyCommand.ring(option)
            guard let pem else {
                Output.text(String(decoding: ring.keySet(for: site.hosts, now: now), as: UTF8.self))
                return
            }
            guard let entry = ring.keys.first(where: { $0.name == pem }) else {
                throw CommandFailure(
                    "there is no key \(pem) in \(ring.folder); there are: "
                        + ring.keys.map(\.name).joined(separator: ", "))
            }
            if json {
                Output.json([
                    "name": .string(entry.name), "pem": .string(entry.key.publicKey.pem),
                ])
            } else {
                Output.text(entry.key.publicKey.pem)
            }
        }

        private func exportJournalKey() throws {
            let key: JournalKey
            do {
                key = try JournalKey.load(
                    folder: try option.load().signature.keys, whenMissing: .refuse)
            } catch { throw CommandFailure(telling: error) }
            if json {
                Output.json([
                    "name": .string(JournalKey.id(of: key.key.publicKey)),
                    "pem": .string(key.key.publicKey.pem),
                ])
            } else {
                Output.text(key.key.publicKey.pem)
            }
        }
    }
}

extension KeyRing.Entry {
    func row(_ host: PeerHost, _ now: Int) -> [String: Output.Value] {
        [
            "name": .string(name), "kind": .string(key.kind.word),
            "use": .string(key.kind.use.rawValue), "state": .string(state.word),
            "since": .optional(since),
            "until": .optional(end), "published": .bool(isPublished(now: now)),
            "signs": .bool(state == .active), "keyId": .string(id(for: host)),
            "fingerprint": .string(fingerprint),
        ]
    }

    /// The end of a retired key, Unix seconds.
    private var end: Int? {
        switch state {
        case .new, .staged, .active: nil
        case .retired(let until): until
        }
    }

    /// The state, and what it means where that is not plain.
    fileprivate func words(_ now: Int) -> String {
        switch state {
        case .new, .active: return state.word
        case .staged: return isPublished(now: now) ? "staged" : "staged (shown when it signs)"
        case .retired(let until):
            if until <= now { return "over" }
            let day = Moment.text(until)
            return isPublished(now: now) ? "retired until \(day)" : "retired"
        }
    }
}
