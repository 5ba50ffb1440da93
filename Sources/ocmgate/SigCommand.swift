import ArgumentParser
import Federation
import Foundation
import Gateway
import HTTPSignatures
import OpenSSL

/// `ocmgate sig`: signatures on a raw HTTP message in a file, without any network.
struct SigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sig",
        abstract: "Verify, make and look at HTTP signatures on a message in a file.",
        discussion: """
            The file holds one HTTP/1.1 message: head, empty line, body. RFC 9421 and \
            draft-cavage-http-signatures-12 are both understood.
            """,
        subcommands: [
            SigVerifyCommand.self, SigSignCommand.self, SigBaseCommand.self,
            SigExplainCommand.self,
        ])
}

/// The message that all of these commands work on.
struct SigMessageOptions: ParsableArguments {
    @Argument(help: "File with the raw HTTP message; - is standard input.")
    var file: String

    @Option(help: "What the site calls itself in public; else https:// and the Host field.")
    var origin: String?

    func read() throws -> RawMessage {
        let bytes = try InputFile.bytes(file)
        let origin = try origin.map { text in
            guard let origin = Origin(text) else {
                throw CommandFailure("--origin \(text): write https://host[:port]")
            }
            return origin
        }
        do {
            return try RawMessage(bytes, origin: origin)
        } catch {
            throw CommandFailure("\(file): \(error)")
        }
    }
}

/// Files of keys.
enum SigFiles {
    /// A public key as PEM, or the one of a JWK set with this `kid`.
    static func publicKey(_ path: String, id: String?) throws -> VerificationKey {
        try publicKey(in: try InputFile.bytes(path), named: path, id: id)
    }

    /// The same, in a file that was read.
    static func publicKey(
        in bytes: [UInt8], named path: String, id: String?
    ) throws -> VerificationKey {
        guard isKeySet(bytes) else {
            do {
                let key = try PublicKey(pem: String(decoding: bytes, as: UTF8.self))
                return try VerificationKey(key)
            } catch {
                throw CommandFailure("\(path): no usable public key: \(error)")
            }
        }
        let shown = try keySet(in: bytes, named: path)
        guard let key = shown.keys.first(where: { $0.id == id }) else {
            throw missing(id, in: shown, of: path)
        }
        return key.key
    }

    /// That no key of a set can be used by this name.
    static func missing(_ id: String?, in shown: ShownKeys, of path: String) -> CommandFailure {
        let known = shown.keys.map(\.id).joined(separator: ", ")
        let others = shown.unusable.map(\.description).joined(separator: "; ")
        return CommandFailure(
            "\(path): no key \(id ?? "without a name"); it has"
                + (known.isEmpty ? " none that can be used" : ": \(known). Name one by --keyid")
                + (others.isEmpty ? "" : ". Not usable: \(others)"))
    }

    /// Whether a file is meant as a key set, and not as PEM.
    static func isKeySet(_ bytes: [UInt8]) -> Bool {
        bytes.withoutByteOrderMark.first { $0 > 0x20 } == UInt8(ascii: "{")
    }

    /// The keys of a JWK set.
    static func keySet(in bytes: [UInt8], named path: String) throws -> ShownKeys {
        do { return try PeerDirectory.readKeySet(bytes) } catch {
            throw CommandFailure("\(path): no usable set of public keys: \(error)")
        }
    }

    static func privateKey(_ path: String) throws -> PrivateKey {
        let text = String(decoding: try InputFile.bytes(path), as: UTF8.self)
        do {
            return try PrivateKey(pem: text)
        } catch {
            throw CommandFailure("\(path): no usable private key (PEM, not encrypted): \(error)")
        }
    }
}
