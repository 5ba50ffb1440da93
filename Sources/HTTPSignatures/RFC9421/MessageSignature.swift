/// One signature of a message: a label with its members of `Signature-Input` and `Signature`
/// (RFC 9421 section 4).
///
/// Members are kept as they are until ``input()`` reads them, so that a label which does not
/// concern us (of a proxy, say) may use what we do not know.
package struct MessageSignature: Sendable, Equatable {
    package let label: String
    package let member: StructuredField.InnerList
    package let signature: [UInt8]

    /// The `tag` parameter, when it is a string.
    package var tag: String? {
        guard case .string(let tag) = member.parameters["tag"] else { return nil }
        return tag
    }

    /// Reads what the signature covers; refuses what ``SignatureInput`` refuses.
    package func input() throws(SignatureError) -> SignatureInput {
        try SignatureInput(member)
    }

    /// All signatures of a message, in the order of `Signature-Input`; none when it has neither
    /// field.
    ///
    /// Refuses one field without the other, malformed and empty fields, repeated keys, a label in
    /// only one of them, members of another type, and more than 8 labels.
    package static func all(in message: SignedMessage) throws(SignatureError) -> [MessageSignature]
    {
        let inputField = message.combined("signature-input")
        let signatureField = message.combined("signature")
        if inputField == nil, signatureField == nil { return [] }
        let inputs = try dictionary(inputField, "signature-input")
        let signatures = try dictionary(signatureField, "signature")
        guard inputs.count <= maximumLabels else { throw SignatureError(.tooManyLabels) }
        var all: [MessageSignature] = []
        for entry in inputs.entries {
            guard case .innerList(let member) = entry.value else {
                throw SignatureError(.malformedField, "signature-input \(entry.key)")
            }
            guard let other = signatures[entry.key] else {
                throw SignatureError(.unpairedLabel, entry.key)
            }
            guard case .item(let item) = other, case .byteSequence(let bytes) = item.value,
                item.parameters.isEmpty
            else { throw SignatureError(.malformedField, "signature \(entry.key)") }
            all.append(MessageSignature(label: entry.key, member: member, signature: bytes))
        }
        if let stray = signatures.entries.first(where: { inputs[$0.key] == nil }) {
            throw SignatureError(.unpairedLabel, stray.key)
        }
        return all
    }

    private static let maximumLabels = 8

    private static func dictionary(
        _ field: [UInt8]?, _ name: String
    ) throws(SignatureError) -> StructuredField.Dictionary {
        guard let field else { throw SignatureError(.unpairedLabel, name) }
        let dictionary: StructuredField.Dictionary
        do {
            var parser = StructuredFieldParser(field.span, repeatedKeys: .refused)
            dictionary = try parser.parseDictionary()
        } catch {
            throw SignatureError(.malformedField, "\(name): \(error)")
        }
        guard !dictionary.isEmpty else { throw SignatureError(.malformedField, name) }
        return dictionary
    }
}
