import ArgumentParser
import Foundation
import HTTPSignatures
import OpenSSL

/// `ocmgate sig verify|sign|base`: signatures, offline, on a raw HTTP message in a file.
struct SigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sig", abstract: "Verify, make and explain signatures of a raw HTTP message.",
        subcommands: [Verify.self, Sign.self, Base.self])

    /// The file, read; `-` is standard input.
    fileprivate static func message(_ file: String, _ origin: String?) throws -> RawMessage {
        let data =
            file == "-"
            ? FileHandle.standardInput.readDataToEndOfFile()
            : FileManager.default.contents(atPath: file)
        guard let data else { throw CommandFailure("\(file) cannot be read") }
        let site = try origin.map { text in
            guard let origin = Origin(text) else {
                throw CommandFailure("\(text) is no origin; write it like https://cloud.example.org")
            }
            return origin
        }
        do { return try RawMessage([UInt8](data), origin: site) } catch {
            throw CommandFailure("\(file): \(error)")
        }
    }

    fileprivate static func text(_ file: String) throws -> String {
        do { return try String(contentsOfFile: file, encoding: .utf8) } catch {
            throw CommandFailure("\(file) cannot be read")
        }
    }

    fileprivate static func claim(_ message: SignedMessage) throws -> ClaimedSignature? {
        switch try SignatureProfile.select(try MessageSignature.all(in: message)) {
        case .none: nil
        case .one(let signature): try signature.claim(over: message)
        }
    }

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Verify the OCM signature of a message with a public key.",
            discussion: "Exit code 1 when it is not genuine, or not what the OCM profile demands.")

        @Argument(help: "The raw message; - is stdin.")
        var file: String

        @Option(help: "A file with the public key, PEM.")
        var key: String

        @Option(help: "The origin that the message was sent to, when only Host says it.")
        var origin: String?

        @Option(help: "The time to judge by, unix seconds; now when left out.")
        var now: Int?

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let raw = try SigCommand.message(file, origin)
            let result: SignatureVerification
            let generation: String
            do {
                let key = try VerificationKey(try PublicKey(pem: try SigCommand.text(key)))
                let now = now ?? Int(Date().timeIntervalSince1970)
                if let claimed = try SigCommand.claim(raw.message) {
                    generation = "rfc9421"
                    result = SignatureProfile().verify(
                        claimed, of: raw.message, body: raw.body, with: key, now: now)
                } else if let claimed = try CavageSignature.read(from: raw.message) {
                    generation = "cavage"
                    result = CavageProfile().verify(
                        claimed, of: raw.message, body: raw.body, with: key, now: now)
                } else {
                    Output.error("\(file): no OCM signature")
                    throw Exit.findings
                }
            } catch let error as SignatureError {
                Output.error("\(file): \(error)")
                throw Exit.findings
            } catch let error as CryptoError {
                throw CommandFailure("\(self.key): \(error)")
            }
            report(result, generation)
            if result.accepted == nil { throw Exit.findings }
        }

        private func report(_ result: SignatureVerification, _ generation: String) {
            let crypto: String =
                switch result.crypto {
                case .valid(let algorithm): "valid (\(algorithm.rawValue))"
                case .invalid(let error): "\(error)"
                }
            let profile: [String] =
                switch result.profile {
                case .satisfied: []
                case .violated(let violations): violations.map(\.description)
                }
            if json {
                Output.json([
                    "generation": .string(generation), "crypto": .string(crypto),
                    "violations": .strings(profile), "accepted": .bool(result.accepted != nil),
                ])
                return
            }
            Output.line("generation\t\(generation)")
            Output.line("crypto\t\(crypto)")
            Output.line("profile\t\(profile.isEmpty ? "satisfied" : profile.joined(separator: "; "))")
        }
    }

    struct Base: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the signature base of a message's OCM signature.")

        @Argument(help: "The raw message; - is stdin.")
        var file: String

        @Option(help: "The origin that the message was sent to, when only Host says it.")
        var origin: String?

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let raw = try SigCommand.message(file, origin)
            let text: String
            do {
                if let claimed = try SigCommand.claim(raw.message) {
                    text = claimed.base.text
                } else if let claimed = try CavageSignature.read(from: raw.message) {
                    text = try claimed.signingString(of: raw.message).text
                } else {
                    Output.error("\(file): no OCM signature")
                    throw Exit.findings
                }
            } catch let error as SignatureError {
                Output.error("\(file): \(error)")
                throw Exit.findings
            }
            if json { Output.json(["base": .string(text)]) } else { Output.line(text) }
        }
    }

    struct Sign: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sign a message after RFC 9421, as the gateway would, and print it.",
            discussion: "Content-Digest, Content-Length and Date are added where they are missing.")

        @Argument(help: "The raw message; - is stdin.")
        var file: String

        @Option(help: "A file with the private key, PEM.")
        var key: String

        @Option(name: .customLong("key-id"), help: "The name of the key, host#name.")
        var keyID: String

        @Option(help: "The origin that the message is sent to, when only Host says it.")
        var origin: String?

        @Option(help: "The algorithm, for keys that have several: rsa-v1_5-sha256, …")
        var algorithm: String?

        @Flag(help: "Print one JSON object: the fields that were added.")
        var json = false

        func run() throws {
            let raw = try SigCommand.message(file, origin)
            var message = raw.message
            var added: [(name: String, value: String)] = []
            func add(_ name: String, _ value: @autoclosure () -> String) {
                guard message.combined(name) == nil else { return }
                let text = value()
                added.append((name, text))
                message.fields.append(SignedMessage.Field(name, text))
            }
            let now = Int(Date().timeIntervalSince1970)
            add("content-digest", ContentDigest(of: raw.body).text)
            add("content-length", String(raw.body.count))
            add("date", HTTPDate.text(now) ?? "")
            do {
                let key = try PrivateKey(pem: try SigCommand.text(key))
                let algorithm = try VerificationKey(key.publicKey).algorithm(
                    named: self.algorithm)
                let fields = try SignatureFields(
                    signing: message, components: SignatureProfile.ocmComponents,
                    parameters: SignatureParameters(
                        created: now, nonce: Base64.encodeURL(Random.bytes(16)),
                        algorithm: algorithm.rawValue, keyID: keyID,
                        tag: SignatureProfile.ocmTag),
                    key: key, algorithm: algorithm)
                added.append(("signature-input", fields.input))
                added.append(("signature", fields.signature))
            } catch { throw CommandFailure("\(error)") }
            if json {
                Output.json([
                    "fields": .list(
                        added.map { ["name": .string($0.name), "value": .string($0.value)] })
                ])
            } else {
                FileHandle.standardOutput.write(Data(raw.adding(added)))
            }
        }
    }
}
