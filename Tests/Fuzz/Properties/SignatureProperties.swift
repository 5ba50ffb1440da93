import HTTPSignatures

/// Signatures of both generations, and the messages that carry them.
enum SignatureProperties {
    /// The first line is `Signature-Input`, the second `Signature`, of an ordinary message.
    static func rfc9421(_ bytes: [UInt8]) throws(Violation) {
        let lines = bytes.split(
            separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
        let fields = [
            SignedMessage.Field("signature-input", Array(lines[0])),
            SignedMessage.Field(
                "signature", lines.count > 1 ? Array(lines[1]) : Array("ocm=:AAAA:".utf8)),
        ]
        guard let message = message(fields) else { throw Violation("the message is none") }
        try all(in: message)
    }

    /// The parameters of a cavage signature.
    static func cavage(_ bytes: [UInt8]) throws(Violation) {
        guard let message = message([SignedMessage.Field("signature", bytes)]),
            let second = authorized(by: bytes)
        else { throw Violation("the message is none") }
        try inspect(message)
        try inspect(second)
    }

    /// A whole message, as `sig verify` reads it.
    static func rawMessage(_ bytes: [UInt8]) throws(Violation) {
        guard let raw = try? RawMessage(bytes) else { return }
        let added = raw.adding([("x-added", "1")])
        guard let again = try? RawMessage(added) else {
            throw Violation("a message with one more field cannot be read")
        }
        try hold(again.body == raw.body, "the body changed by a field")
        try hold(
            again.message.fields.count == raw.message.fields.count + 1, "one field, not more")
        try all(in: raw.message)
        try inspect(raw.message)
        _ = try? ContentDigest.check(raw.message, body: raw.body)
        _ = try? Digest.check(raw.message, body: raw.body)
    }

    private static func all(in message: SignedMessage) throws(Violation) {
        guard let signatures = try? MessageSignature.all(in: message) else { return }
        for signature in signatures {
            guard let claimed = try? signature.claim(over: message) else { continue }
            let lines = claimed.base.bytes.split(
                separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            // No value can pretend to be another component.
            try hold(
                lines.count == claimed.input.components.count + 1,
                "a base of \(lines.count) lines for \(claimed.input.components.count) components")
            try hold(
                lines.last?.starts(with: Array("\"@signature-params\": ".utf8)) == true,
                "the base does not end in the parameters")
            try hold(
                Set(claimed.input.components).count == claimed.input.components.count,
                "a component is named twice")
            try readAgain(claimed)
        }
    }

    /// The text that is signed says what was judged.
    private static func readAgain(_ claimed: ClaimedSignature) throws(Violation) {
        var parser = StructuredFieldParser(claimed.input.text.span)
        guard let member = try? parser.parseList().first, case .innerList(let list) = member,
            let again = try? SignatureInput(list)
        else { throw Violation("the parameters that are signed cannot be read") }
        try hold(again == claimed.input, "the parameters that are signed read otherwise")
    }

    private static func inspect(_ message: SignedMessage) throws(Violation) {
        guard let found = try? InspectedSignature(in: message, label: nil) else { return }
        guard case .cavage(let signature, let string) = found else { return }
        let lines = string.bytes.split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        try hold(
            lines.count == signature.headers.count,
            "a signing string of \(lines.count) lines for \(signature.headers.count) headers")
        for (line, header) in zip(lines, signature.headers) {
            try hold(
                line.starts(with: Array("\(header): ".utf8)), "a line is not of \(header)")
        }
        try hold(!signature.signature.isEmpty, "an empty signature")
        try hold((try? signature.identity(of: message)) != nil, "no identity")
    }

    private static func message(_ fields: [SignedMessage.Field]) -> SignedMessage? {
        guard let origin = Origin("https://us.example") else { return nil }
        return SignedMessage(
            method: "POST", target: "/ocm/shares?a=1&b=%20", origin: origin,
            fields: ordinary + fields)
    }

    private static func authorized(by bytes: [UInt8]) -> SignedMessage? {
        message([SignedMessage.Field("authorization", Array("Signature ".utf8) + bytes)])
    }

    private static let ordinary = [
        SignedMessage.Field("host", "us.example"),
        SignedMessage.Field("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        SignedMessage.Field("content-type", "application/json"),
        SignedMessage.Field("content-length", "18"),
        SignedMessage.Field(
            "content-digest", "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"),
        SignedMessage.Field("digest", "SHA-256=X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="),
        SignedMessage.Field("x-list", "a, (b c);d, e=?1"),
        SignedMessage.Field("x-list", "\"text\""),
    ]
}
