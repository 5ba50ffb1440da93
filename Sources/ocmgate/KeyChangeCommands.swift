import ArgumentParser
import Federation
import Gateway

/// `ocmgate key new|stage|activate|retire`: the steps of a key's life.
extension KeyCommand {
    /// `ocmgate key new`.
    struct New: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key, which nobody sees before it is staged.",
            discussion: """
                A key is one PEM file of mode 0600 in [signature] keys. Its name is never used \
                again, also when it is gone. Where there are no keys, the usual pair (Ed25519, and \
                RSA-3072 for draft-cavage) is made and is active; a key of another --kind is made \
                beside it. The same holds where a gateway has run and its keys are gone: the names \
                of the new ones end in the time, since nobody knows which were used.
                """)

        @Option(help: "ed25519, p256, p384 or rsa.")
        var kind = "ed25519"

        @OptionGroup var place: Place

        func run() async throws {
            let told = try await place.carryOut(.make(kind: kind))
            let ring = try KeyCommand.ring(place.option).ring
            let isFirst = ring.keys.first { $0.name == told.name }?.state == .active
            try place.report(
                told,
                isFirst
                    ? "made \(ring.keys.map(\.name).joined(separator: " and ")), which sign; their "
                        + "fingerprints: ocmgate key list"
                    : "made \(told.name); to publish it: ocmgate key stage \(told.name)")
        }
    }

    /// `ocmgate key stage`.
    struct Stage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Publish a key that does not sign yet.",
            discussion: """
                Peers keep key sets for a while, so a key is published for more than an hour \
                before it signs. The discovery document has one place for the key of \
                draft-cavage: an RSA key is shown from the moment on at which it signs.
                """)

        @Argument(help: "The name of the key.")
        var name: String

        @OptionGroup var place: Place

        func run() async throws {
            let told = try await place.carryOut(.stage(name: name))
            try place.report(
                told, "\(name) is staged; to sign with it: ocmgate key activate \(name)")
        }
    }

    /// `ocmgate key activate`.
    struct Activate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign with a staged key; the one that signed until now is retired.",
            discussion: """
                A retired key that is not over can be made active again. An RSA key takes the \
                place of the former one in the discovery document at the same moment.
                """)

        @Argument(help: "The name of the key.")
        var name: String

        @Option(help: "For how long the former key stays published: 30d, 12h, 0s.")
        var overlap: Overlap = .usual

        @Flag(help: "At once, also when peers may not have seen it yet.")
        var now = false

        @OptionGroup var place: Place

        func run() async throws {
            let told = try await place.carryOut(
                .activate(
                    name: name, overlap: overlap.seconds, wait: now ? .skipped : .observed))
            let former = told.replaced.map { "; \($0) is retired" } ?? ""
            try place.report(told, "\(name) signs\(former)")
        }
    }

    /// `ocmgate key retire`.
    struct Retire: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End the time of a key that does not sign; say when it is gone.",
            discussion: """
                If others may have a key: activate another one, then retire it with --overlap 0s. \
                A peer that knows only keys that are gone holds what you send until a person there \
                decides.
                """)

        @Argument(help: "The name of the key.")
        var name: String

        @Option(help: "For how long it stays published: 30d, 12h, 0s.")
        var overlap: Overlap = .usual

        @OptionGroup var place: Place

        func run() async throws {
            let told = try await place.carryOut(.retire(name: name, overlap: overlap.seconds))
            try place.report(
                told,
                overlap.seconds == 0 ? "\(name) is over" : "\(name) is over in \(overlap.text)")
        }
    }

    /// How long a key is published after it has signed.
    struct Overlap: ExpressibleByArgument {
        let text: String
        let seconds: Int

        /// Peers that we hear of once a month still find a key that they know beside the new one.
        static let usual = Overlap(text: "30d", seconds: 30 * 86_400)

        private init(text: String, seconds: Int) {
            self.text = text
            self.seconds = seconds
        }

        init?(argument: String) {
            guard let duration = Duration(configured: argument) else { return nil }
            self.init(text: argument, seconds: duration.wholeSeconds)
        }

        var defaultValueDescription: String { text }
    }

    /// Where the keys are, and how what was done is told.
    struct Place: ParsableArguments {
        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        /// Has it done, by the gateway that runs or here.
        func carryOut(_ change: KeyChange) async throws -> Told {
            let settings = try option.load()
            let answer: OrderAnswer
            do {
                answer = try await change.place(
                    in: settings.state.file, keys: settings.signature.keys,
                    { try settings.state.key() },
                    now: Environment.live.now())
            } catch { throw CommandFailure(telling: error) }
            switch answer {
            case .refused(let reason): throw CommandFailure(reason)
            case .done(let members):
                guard let name = members["name"] else {
                    throw CommandFailure("the gateway that runs is of another version")
                }
                return Told(
                    name: name, file: members["file"], replaced: members["replaced"],
                    isRunning: members["by"] == "gateway")
            }
        }

        func report(_ told: Told, _ sentence: String) throws {
            let (ring, site, now) = try KeyCommand.ring(option)
            let key = ring.keys.first { $0.name == told.name }
            guard json else {
                Output.line(
                    sentence + (told.isRunning ? "" : " (no gateway runs; from its start on)"))
                return
            }
            var members = key?.row(site.host, now) ?? ["name": .string(told.name)]
            members["host"] = .string(site.host.description)
            members["file"] = .optional(told.file)
            members["replaced"] = .optional(told.replaced)
            members["running"] = .bool(told.isRunning)
            Output.json(members)
        }
    }

    /// What was done.
    struct Told {
        let name: String
        let file: String?
        let replaced: String?
        /// Whether a gateway runs, which did it.
        let isRunning: Bool
    }
}
