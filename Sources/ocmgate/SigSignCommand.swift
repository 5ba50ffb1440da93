import ArgumentParser
import Foundation
import Gateway
import HTTPSignatures
import OpenSSL

/// `ocmgate sig sign`: the message with its signature.
struct SigSignCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign",
        abstract: "Sign a message and print it with the new fields.",
        discussion: """
            Content-Digest (or Digest), Content-Length and Date are added when they are to be \
            covered and not there. Exit codes: 0 signed, 2 a file or option is wrong.
            """)

    /// The standard to sign after.
    enum Generation: String, ExpressibleByArgument, CaseIterable {
        case rfc9421, cavage
    }

    @OptionGroup var message: SigMessageOptions

    @Option(help: "Private key, PEM.")
    var key: String

    @Option(
        name: .customLong("keyid"), help: "The name by which the verifier finds the key.")
    var keyID: String

    @Option(help: "rfc9421, or cavage as Nextcloud 31 to 34 want it.")
    var generation = Generation.rfc9421

    @Option(
        name: .customLong("alg"),
        help: "Algorithm by its RFC 9421 name; RSA keys: rsa-v1_5-sha512 unless given.")
    var algorithm: String?

    @Option(
        name: .customLong("component"),
        help: "What to cover, in order; again for each. Parameters as '\"name\";key=\"x\"'.")
    var components: [String] = []

    @Option(help: "The signature's label.")
    var label = SignatureProfile.ocmLabel

    @Option(help: "The tag parameter; empty for none.")
    var tag = SignatureProfile.ocmTag

    @Option(help: "Unix seconds; now unless given.")
    var created: Int?

    @Option(help: "Unix seconds.")
    var expires: Int?

    @Option(
        parsing: .unconditional, help: "The nonce; random unless given, empty for none.")
    var nonce: String?

    @Flag(help: "Print the new fields only.")
    var fields = false

    @Flag(help: "Print one JSON object: the new fields.")
    var json = false

    func run() throws {
        let raw = try message.read()
        let key = try SigFiles.privateKey(key)
        let now = created ?? Environment.live.now()
        let added: [(name: String, value: String)]
        do {
            switch generation {
            case .rfc9421: added = try rfc9421(raw, key, now: now)
            case .cavage: added = try cavage(raw, key, now: now)
            }
        } catch let error as SignatureError {
            throw CommandFailure("\(message.file): \(error)")
        }
        if json {
            Output.json(
                Dictionary(uniqueKeysWithValues: added.map { ($0.name, .string($0.value)) }))
        } else if fields {
            for field in added { Output.line("\(field.name): \(field.value)") }
        } else {
            StandardOutput.write(raw.adding(added))
        }
    }

    private func rfc9421(
        _ raw: RawMessage, _ key: PrivateKey, now: Int
    ) throws -> [(name: String, value: String)] {
        if try MessageSignature.all(in: raw.message).contains(where: { $0.label == label }) {
            throw CommandFailure("\(message.file): is signed as \(label); choose another --label")
        }
        let covered =
            components.isEmpty
            ? SignatureProfile.ocmComponents : try components.map(Self.component)
        let names = covered.compactMap { component in
            if case .field(let name) = component.name { name } else { nil }
        }
        let added = raw.missing(names, now: now)
        let algorithm = try choose(for: key)
        let parameters = SignatureParameters(
            created: now, expires: expires,
            nonce: nonce.map { $0.isEmpty ? nil : $0 } ?? Random.alphanumeric(16),
            algorithm: algorithm.rawValue, keyID: keyID, tag: tag.isEmpty ? nil : tag)
        let signed = try SignatureFields(
            signing: Self.message(raw, with: added), components: covered, parameters: parameters,
            label: label, key: key, algorithm: algorithm)
        return added + [("Signature-Input", signed.input), ("Signature", signed.signature)]
    }

    private func cavage(
        _ raw: RawMessage, _ key: PrivateKey, now: Int
    ) throws -> [(name: String, value: String)] {
        guard try SignatureStandard.of(raw.message) == .none else {
            throw CommandFailure("\(message.file): is signed; remove its signature first")
        }
        let headers = components.isEmpty ? CavageField.nextcloudHeaders : components
        let added = raw.missing(headers, now: now)
        let signed = try CavageField(
            signing: Self.message(raw, with: added), keyID: keyID, headers: headers, key: key,
            algorithm: try choose(for: key))
        return added + [("Signature", signed.text)]
    }

    private func choose(for key: PrivateKey) throws -> SignatureAlgorithm {
        let known = SignatureAlgorithm.allCases.filter { $0.fits(key.kind) }
        let name =
            algorithm
            ?? (known.count > 1 ? SignatureAlgorithm.rsaPKCS1SHA512 : known.first)?.rawValue
        guard let chosen = known.first(where: { $0.rawValue == name }) else {
            let names = known.map(\.rawValue).joined(separator: ", ")
            throw CommandFailure("--alg \(name ?? ""): this key can do \(names)")
        }
        return chosen
    }

    /// A component as it stands in `Signature-Input`, or its bare name.
    private static func component(_ text: String) throws -> Component {
        let quoted = text.hasPrefix("\"") ? text : "\"\(text)\""
        do {
            var parser = StructuredFieldParser(Array(quoted.utf8).span)
            return try Component(try parser.parseItem())
        } catch {
            throw CommandFailure("--component \(text): \(error)")
        }
    }

    private static func message(
        _ raw: RawMessage, with added: [(name: String, value: String)]
    ) -> SignedMessage {
        var message = raw.message
        message.fields += added.map { SignedMessage.Field($0.name.lowercased(), $0.value) }
        return message
    }
}
