import ArgumentParser
import Federation
import Foundation
import Gateway
import HTTPSignatures
import OpenSSL

/// `ocmgate key list|new|export`: the gateway's own keys.
struct KeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "The gateway's own keys.",
        subcommands: [List.self, New.self, Export.self])

    /// The keys on disk and the host that they are named after.
    fileprivate static func ring(
        _ option: ConfigurationOption, whenMissing: SealKey.WhenMissing = .refuse
    ) throws -> (ring: KeyRing, host: PeerHost) {
        let settings = try option.load()
        guard let site = Site(origin: settings.site.origin, aliases: []) else {
            throw CommandFailure("site.origin cannot be used")
        }
        do {
            return (
                try KeyRing(folder: settings.signature.keys, whenMissing: whenMissing), site.host
            )
        } catch { throw CommandFailure("\(error)") }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the keys: name, kind, the keyId that peers see.",
            discussion:
                "They are made at the first start of `ocmgate run`, or by `ocmgate key new`.")

        @OptionGroup var option: ConfigurationOption

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let (ring, host) = try KeyCommand.ring(option)
            if json {
                let rows = ring.keys.map { entry -> [String: Output.Value] in
                    [
                        "name": .string(entry.name), "kind": .string(entry.key.kind.word),
                        "keyId": .string(entry.id(for: host)),
                    ]
                }
                Output.json(["keys": .list(rows)])
                return
            }
            if ring.keys.isEmpty { Output.error("there are no keys in \(ring.folder) yet") }
            for entry in ring.keys {
                Output.line("\(entry.name)\t\(entry.key.kind.word)\t\(entry.id(for: host))")
            }
        }
    }

    struct New: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a key; it is published from the next start on.",
            discussion: """
                A key is one PEM file of mode 0600 in [signature] keys. Where there are none yet, \
                the usual pair (Ed25519, and RSA-3072 for draft-cavage) is made as well.
                """)

        @OptionGroup var option: ConfigurationOption

        @Option(help: "ed25519, p256, p384 or rsa.")
        var kind = "ed25519"

        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            guard let kind = KeyKind(word: kind) else {
                throw CommandFailure("\(kind) is no kind of key; one of: ed25519, p256, p384, rsa")
            }
            let (ring, host) = try KeyCommand.ring(option, whenMissing: .make)
            let name = ring.freeName(for: kind)
            do { try KeyRing.make(kind, name, in: ring.folder) } catch {
                throw CommandFailure("\(error)")
            }
            if json {
                Output.json([
                    "name": .string(name), "host": .string(host.description),
                    "file": .string(
                        (ring.folder as NSString).appendingPathComponent(name + ".pem")),
                ])
            } else {
                Output.line("made \(name); restart to publish it")
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print public keys: the JWK set that peers fetch, or one key as PEM.",
            discussion: "Private keys are never printed; they are the files in [signature] keys.")

        @OptionGroup var option: ConfigurationOption

        @Option(help: "The name of a key, to print it as PEM.")
        var pem: String?

        @Flag(help: "Print JSON; the JWK set always is.")
        var json = false

        func run() throws {
            let (ring, host) = try KeyCommand.ring(option)
            guard let pem else {
                Output.line(String(decoding: ring.keySet(for: host), as: UTF8.self))
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
                Output.line(entry.key.publicKey.pem)
            }
        }
    }
}

extension KeyRing.Entry {
    /// The name that peers see.
    fileprivate func id(for host: PeerHost) -> String {
        switch key.kind {
        case .rsa: cavageID(for: host)
        case .ed25519, .p256, .p384: keyID(for: host)
        }
    }
}

extension KeyKind {
    fileprivate var word: String {
        switch self {
        case .ed25519: "ed25519"
        case .p256: "p256"
        case .p384: "p384"
        case .rsa(let bits): "rsa-\(bits)"
        }
    }

    fileprivate init?(word: String) {
        switch word {
        case "ed25519": self = .ed25519
        case "p256": self = .p256
        case "p384": self = .p384
        case "rsa": self = .rsa(bits: 3072)
        case _: return nil
        }
    }
}
