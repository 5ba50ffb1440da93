import ArgumentParser
import Gateway
import HTTPSignatures

/// `ocmgate sig explain`: why a message's signature fails, and what mends it.
struct SigExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract:
            "Find out why a message's signature fails: what the way, or its signer, did to it.",
        discussion: """
            Tries what proxies do to messages (host, port, path, query, fields, body), clocks that \
            are off, other and older keys, and slips of signers, and names the least of it with \
            which the signature would verify. Nothing is fetched. Exit codes: 0 it verifies as it \
            is, 1 it does not, 2 a file or option is wrong.
            """)

    @OptionGroup var message: SigMessageOptions

    @Option(help: "The peer's keys: PEM, or a JWK set (the key named by --keyid or the signature).")
    var key: String

    @Option(help: "Keys that the peer had before, in the same forms; again for each file.")
    var oldKey: [String] = []

    @Option(
        name: .customLong("keyid"),
        help: "Which key of the set, instead of the one that the signature names.")
    var keyID: String?

    @Option(help: "Another name of the site, https://host[:port]; again for each.")
    var alias: [String] = []

    @Option(help: "Which signature, when the OCM one is not meant.")
    var label: String?

    @Option(help: "When the message came, Unix seconds; its own time unless given.")
    var now: Int?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let raw = try message.read()
        let aliases = try alias.map { text in
            guard let origin = Origin(text) else {
                throw CommandFailure("--alias \(text): write https://host[:port]")
            }
            return origin
        }
        let found = try? InspectedSignature(in: raw.message, label: label)
        var (keys, unusable) = try SigFiles.suspectKeys(
            key, id: keyID ?? found?.keyID, old: false)
        for file in oldKey {
            let old = try SigFiles.suspectKeys(file, id: nil, old: true)
            keys += old.keys
            unusable += old.unusable
        }
        guard case .request(_, let target) = raw.message.start else {
            throw CommandFailure("\(message.file): is a response; signatures of requests are tried")
        }
        let finding = SignatureDiagnosis(
            surroundings: Surroundings(origins: [target.origin] + aliases, hints: .any),
            bodies: { SuspectBody.all(of: $0) }
        ).find(
            raw.message, body: raw.body, label: label, keys: keys,
            now: now ?? found?.created(raw.message) ?? Environment.live.now())
        let report = SigExplanation(finding, isPlaced: message.origin != nil || !alias.isEmpty)
        if json {
            let members = report.members(found)
            Output.json(
                members.merging(["unusableKeys": .strings(unusable)]) { member, _ in member })
        } else {
            if let found {
                Output.line(
                    "found      \(found.generation) by \(found.keyID ?? "an unnamed key")")
            }
            for key in unusable { Output.line("not usable \(key)") }
            for line in report.lines { Output.line(line) }
        }
        if !report.isGenuine { throw Exit.findings }
    }
}

/// The words of a finding.
private struct SigExplanation {
    let isGenuine: Bool
    private let word: String
    private let summary: String
    private let distortions: [Distortion]
    private let remedies: [String]

    /// - Parameter isPlaced: where the message was sent to was said, and not taken from its Host alone.
    init(_ finding: SignatureDiagnosis.Finding, isPlaced: Bool) {
        var isGenuine = false
        var distortions: [Distortion] = []
        var remedies: [String] = []
        switch finding {
        case .genuine:
            isGenuine = true
            (word, summary) = ("genuine", "verifies as it is")
        case .nearMiss(let found):
            distortions = found
            (word, summary) = ("near-miss", "would have verified but for this:")
        case .otherBody(let found):
            distortions = found
            (word, summary) = (
                "other-body", "the head is as it was signed, the body is another one"
            )
            remedies = [NearMiss.otherBody]
        case .insufficient(let violations):
            (word, summary) = (
                "insufficient",
                "genuine, but it says too little: "
                    + violations.map(\.description).joined(separator: "; ")
            )
            remedies = ["tell the peer's operator what a signature must cover"]
        case .unexplained:
            (word, summary) = (
                "unexplained",
                "nothing that is known makes it verify: it is of another key, or over another "
                    + "message"
            )
            remedies = [
                "compare `ocmgate sig base` with what the signer signed, and the keys of both sides"
            ]
            if !isPlaced {
                remedies.insert(
                    "a Host that was rewritten on the way is found only if it is said what it was: "
                        + "--origin https://HOST, --alias for other names", at: 0)
            }
        case .unreadable(let reason):
            (word, summary) = ("unreadable", reason)
        }
        self.isGenuine = isGenuine
        self.distortions = distortions
        var all: [String] = []
        for remedy in distortions.map(\.kind.remedy) + remedies where !all.contains(remedy) {
            all.append(remedy)
        }
        self.remedies = all
    }

    var lines: [String] {
        ["result     \(summary)"]
            + distortions.map { "           - \(Output.plain($0.description))" }
            + remedies.map { "remedy     \($0)" }
    }

    func members(_ found: InspectedSignature?) -> [String: Output.Value] {
        [
            "result": .string(word), "summary": .string(summary),
            "generation": .optional(found?.generation),
            "keyid": .optional(found?.keyID),
            "distortions": .list(
                distortions.map { distortion in
                    [
                        "name": .string(distortion.kind.rawValue),
                        "text": .string(distortion.kind.summary),
                        "signed": .string(distortion.signed), "seen": .string(distortion.seen),
                    ]
                }),
            "remedies": .strings(remedies),
        ]
    }
}

extension SigFiles {
    /// All keys of a file, with what they may have been to the signer, and why others verify nothing.
    fileprivate static func suspectKeys(
        _ path: String, id: String?, old: Bool
    ) throws -> (keys: [SuspectKey], unusable: [String]) {
        let bytes = try InputFile.bytes(path)
        guard isKeySet(bytes) else {
            let key = try publicKey(in: bytes, named: path, id: nil)
            return ([SuspectKey(name: path, key: key, role: old ? .previous : .named)], [])
        }
        let shown = try keySet(in: bytes, named: path)
        guard !shown.keys.isEmpty else { throw missing(id, in: shown, of: path) }
        let keys = shown.keys.map { key in
            let isNamed = key.id == id || shown.keys.count == 1
            return SuspectKey(
                name: key.id, key: key.key, role: old ? .previous : isNamed ? .named : .other)
        }
        let sorted = keys.sorted { left, _ in left.role == .named }
        return (sorted, shown.unusable.map(\.description))
    }
}
