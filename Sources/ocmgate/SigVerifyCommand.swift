import ArgumentParser
import Gateway
import HTTPSignatures
import OpenSSL

/// `ocmgate sig verify`: both results, the mathematics and the profile.
struct SigVerifyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Verify a message's signature: is it genuine, and does it say enough.",
        discussion: """
            Exit codes: 0 genuine and satisfying the profile, 1 not, 2 a file or option is wrong.
            """)

    /// What a genuine signature must satisfy besides.
    enum Profile: String, ExpressibleByArgument, CaseIterable {
        case ocm, none
    }

    @OptionGroup var message: SigMessageOptions

    @Option(help: "Public key: PEM, or a JWK set (the key named by --keyid or the signature).")
    var key: String

    @Option(
        name: .customLong("keyid"),
        help: "Which key of the set, instead of the one that the signature names.")
    var keyID: String?

    @Option(help: "Which signature, when the OCM one is not meant.")
    var label: String?

    @Option(help: "ocm: coverage, age and digest as for an OCM message; none: the mathematics.")
    var profile = Profile.ocm

    @Option(help: "The time to judge by, Unix seconds; now unless given.")
    var now: Int?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let raw = try message.read()
        let found: InspectedSignature
        do {
            guard let signature = try InspectedSignature(in: raw.message, label: label) else {
                try refuse(label.map { "no signature \($0)" } ?? "no signature")
            }
            found = signature
        } catch let error as SignatureError {
            try refuse(error.description)
        }
        let key = try SigFiles.publicKey(key, id: keyID ?? found.keyID)
        let crypto = found.verify(raw.message, with: key)
        let verdict: ProfileVerdict =
            switch profile {
            case .ocm:
                found.judge(
                    raw.message, body: raw.body, key: key, crypto: crypto,
                    now: now ?? Environment.live.now())
            case .none: .satisfied
            }
        report(found, SignatureVerification(crypto: crypto, profile: verdict))
        if SignatureVerification(crypto: crypto, profile: verdict).accepted == nil {
            throw Exit.findings
        }
    }

    /// A message whose signature cannot even be read: a finding, not a failure.
    private func refuse(_ reason: String) throws -> Never {
        if json {
            Output.json([
                "accepted": .bool(false), "crypto": .string("invalid"), "reason": .string(reason),
            ])
        } else {
            Output.line("signature  invalid: \(reason)")
        }
        throw Exit.findings
    }

    private func report(_ found: InspectedSignature, _ result: SignatureVerification) {
        var algorithm: String?
        var reason: String?
        switch result.crypto {
        case .valid(let used): algorithm = used.rawValue
        case .invalid(let error): reason = error.description
        }
        var violations: [ProfileViolation] = []
        if case .violated(let all) = result.profile { violations = all }
        let judged = profile == .none ? "not judged" : violations.isEmpty ? "satisfied" : "violated"
        if json {
            Output.json([
                "accepted": .bool(result.accepted != nil),
                "generation": .string(found.generation),
                "label": .optional(found.label),
                "keyid": .optional(found.keyID),
                "covered": .strings(found.covered),
                "algorithm": .optional(algorithm),
                "crypto": .string(reason == nil ? "valid" : "invalid"),
                "reason": .optional(reason),
                "profile": .string(judged),
                "violations": .strings(violations.map(\.description)),
            ])
            return
        }
        let name = found.label.map { " \"\($0)\"" } ?? ""
        Output.line("found      \(found.generation)\(name) by \(found.keyID ?? "an unnamed key")")
        Output.line("covers     \(found.covered.joined(separator: " "))")
        Output.line("signature  \(reason.map { "invalid: \($0)" } ?? "valid (\(algorithm ?? ""))")")
        Output.line("profile    \(judged)")
        for violation in violations { Output.line("           - \(violation)") }
    }
}
