import ArgumentParser
import Federation
import Foundation
import Gateway
import OpenSSL

/// `ocmgate list export`: a list of the policy in any format, signed when a key is given.
struct ListExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write a list in any format, for others to download.",
        discussion: """
            Writes what is in force of it to standard output. ocm-directory is signed, and needs \
            --sign. With the other formats --sign writes a detached signature to the file of \
            --signature: serve it at the list's own URL with ".jws" behind it. Those who take the \
            list name the file that --jwk writes in the "keys" of their list. Notes are published \
            with their entries, as display names where the format has them; one that is only a day \
            is not. An entry that the format cannot say is named, and nothing is written (exit \
            code 1).
            """)

    @Argument(help: "The list.")
    var name: String

    @Option(help: "text, csv, json, ocm-directory or ocmproviders.")
    var format: ListFormat

    @Option(
        help: ArgumentHelp("The private key (PEM, mode 0600) to sign with.", valueName: "file"))
    var sign: String?

    @Option(help: "The name (kid) of that key.")
    var kid: String?

    @Option(
        help: """
            What the signature is about (sub), so that it serves as no other list: the list's own \
            URL, or what those who take it write as "subject".
            """)
    var subject: String?

    @Option(help: ArgumentHelp("Where the detached signature is written.", valueName: "file"))
    var signature: String?

    @Option(
        help: ArgumentHelp(
            "Where the public key (JWK) of --sign is written, for those who take the list.",
            valueName: "file"))
    var jwk: String?

    @Option(help: "The name of the federation (ocm-directory); the policy's unless given.")
    var federation: String?

    @OptionGroup var place: ListPlace

    func validate() throws {
        if sign == "-" {
            throw ValidationError("--sign -: a private key is read from a file of mode 0600.")
        }
        if sign == nil, jwk != nil || kid != nil || subject != nil {
            throw ValidationError("--jwk, --kid and --subject belong to --sign.")
        }
        switch format.signature {
        case .around:
            guard sign != nil else { throw ValidationError("ocm-directory is signed: --sign FILE") }
        case .beside:
            guard (sign == nil) == (signature == nil) else {
                throw ValidationError("--sign and --signature belong together.")
            }
        }
    }

    func run() throws {
        let (_, policy, folder) = try place.open()
        try OutputFile.check(
            [("--signature", signature), ("--jwk", jwk)],
            apartFrom: [sign, place.option.path].compactMap { $0 } + OutputFile.sources(of: policy))
        let list = try ListPlace.find(name, in: policy)
        guard let entries = try ListPlace.entries(list, folder) else {
            throw CommandFailure("\(name) was never loaded; ocmgate list update \(name)")
        }
        let document: [UInt8]
        do throws(ListDefect) {
            document = try ListReading(format, for: list.stance, .none)
                .document(entries, federation: federation ?? policy.name)
        } catch {
            if place.json {
                Output.json(["ok": .bool(false), "defect": .object(error.row)])
            } else {
                Output.error("\(name): \(error)")
            }
            throw Exit.findings
        }
        let text = try signed(document)
        if place.json {
            Output.json([
                "ok": .bool(true), "name": .string(name), "format": .string(format.rawValue),
                "document": .string(text),
            ])
        } else {
            StandardOutput.write(text.utf8)
        }
    }

    private func signed(_ document: [UInt8]) throws -> String {
        let text = String(decoding: document, as: UTF8.self)
        guard let sign else { return text }
        let now = Environment.live.now()
        do {
            let pem = String(decoding: try PrivateFile.read(sign), as: UTF8.self)
            let signer = ListSigner(
                try PrivateKey(pem: pem), id: kid, subject: subject)
            if let jwk { try OperatorFile.write(jwk, Array(try signer.publicKey().utf8)) }
            switch format.signature {
            case .around: return try signer.document(document, now: now)
            case .beside:
                if let signature {
                    try OperatorFile.write(
                        signature, Array(try signer.detached(document, now: now).utf8))
                }
                return text
            }
        } catch { throw CommandFailure("\(error)") }
    }
}
