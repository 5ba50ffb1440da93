import ArgumentParser
import HTTPSignatures

/// `ocmgate sig base`: the bytes that a signature is over.
struct SigBaseCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "base",
        abstract: "Print what a message's signature is over, to compare it with the signer's.",
        discussion:
            "Exit codes: 0 printed, 1 there is no signature that could be read, 2 a file is wrong.")

    @OptionGroup var message: SigMessageOptions

    @Option(help: "Which signature, when the OCM one is not meant.")
    var label: String?

    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let raw = try message.read()
        let found: InspectedSignature
        do {
            guard let signature = try InspectedSignature(in: raw.message, label: label) else {
                try Output.miss("\(InputFile.name(message.file)): no signature", json)
            }
            found = signature
        } catch let error as SignatureError {
            try Output.miss("\(InputFile.name(message.file)): \(error)", json)
        }
        let base = String(decoding: found.base, as: UTF8.self)
        if json {
            Output.json([
                "generation": .string(found.generation),
                "label": .optional(found.label),
                "keyid": .optional(found.keyID),
                "base": .string(base),
            ])
        } else {
            Output.text(base)
        }
    }
}
