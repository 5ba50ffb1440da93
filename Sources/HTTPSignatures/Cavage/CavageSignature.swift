import OpenSSL

/// A signature after draft-cavage-http-signatures-12, as claimed: read, not verified.
package struct CavageSignature: Sendable, Equatable {
    package let keyID: String
    /// As written; nil when absent.
    package let algorithm: String?
    /// What is signed, in order; `date` when the parameter is absent (section 2.1.6).
    package let headers: [String]
    /// Unix seconds.
    package let created: Int?
    /// Unix seconds.
    package let expires: Int?
    package let signature: [UInt8]

    /// Reads the parameters (sections 2.1 and 4.1).
    ///
    /// Refuses repeated and unknown parameters, escapes in quoted strings, times that are no whole
    /// positive number, an empty or repeating list of headers and names in upper case: nothing here
    /// is covered by the signature itself, so nothing is guessed.
    package init(_ parameters: [UInt8]) throws(SignatureError) {
        var reader = CavageParameters(parameters)
        var texts: [String: String] = [:]
        var times: [String: Int] = [:]
        while let (name, value) = try reader.next() {
            guard texts[name] == nil, times[name] == nil else {
                throw SignatureError(.repeatedParameter, name)
            }
            switch (name, value) {
            case ("keyId", .text(let text)), ("algorithm", .text(let text)),
                ("headers", .text(let text)), ("signature", .text(let text)):
                texts[name] = text
            case ("created", .number(let number)), ("expires", .number(let number)):
                times[name] = number
            case ("keyId", _), ("algorithm", _), ("headers", _), ("signature", _), ("created", _),
                ("expires", _):
                throw SignatureError(.malformedParameter, name)
            case _:
                throw SignatureError(.unknownParameter, name)
            }
        }
        guard let keyID = texts["keyId"], !keyID.isEmpty else {
            throw SignatureError(.missingParameter, "keyId")
        }
        guard let encoded = texts["signature"] else {
            throw SignatureError(.missingParameter, "signature")
        }
        guard encoded.utf8.count % 4 == 0, !encoded.isEmpty, let signature = Base64.decode(encoded)
        else { throw SignatureError(.malformedParameter, "signature") }
        self.keyID = keyID
        self.signature = signature
        algorithm = texts["algorithm"]
        created = times["created"]
        expires = times["expires"]
        headers = try Self.names(texts["headers"] ?? "date")
        try checkTimes()
    }

    /// The signature of a message: from the `Signature` field, or from `Authorization` with the
    /// scheme `Signature` (sections 3.1 and 4.1); nil when it has neither.
    ///
    /// Refuses several of them, and `Signature-Input` beside one.
    package static func read(
        from message: SignedMessage
    ) throws(SignatureError) -> CavageSignature? {
        switch try SignatureStandard.of(message) {
        case .none: return nil
        case .rfc9421: throw SignatureError(.conflictingFields)
        case .cavage: break
        }
        if let field = message.combined("signature") { return try CavageSignature(field) }
        guard let field = message.combined("authorization") else { return nil }
        return try CavageSignature(Array(field.dropFirst(SignatureStandard.scheme.utf8.count)))
    }

    // Section 2.1.6 and 2.3
    private static func names(_ list: String) throws(SignatureError) -> [String] {
        let names = list.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard names.count <= maximumHeaders else { throw SignatureError(.tooManyComponents) }
        for name in names {
            let isSpecial = ["(request-target)", "(created)", "(expires)"].contains(name)
            let isField =
                !name.isEmpty
                && name.utf8.allSatisfy { $0.isFieldNameByte && !$0.isUppercaseLetter }
            guard isSpecial || isField else { throw SignatureError(.malformedComponent, name) }
        }
        guard Set(names).count == names.count else { throw SignatureError(.repeatedComponent) }
        return names
    }

    // Section 2.3 steps 2 and 3: times cannot go with the older names of algorithms.
    private func checkTimes() throws(SignatureError) {
        let isOlder = ["rsa", "hmac", "ecdsa"].contains { algorithm?.hasPrefix($0) ?? false }
        for (name, time) in [("(created)", created), ("(expires)", expires)]
        where headers.contains(name) {
            guard !isOlder else { throw SignatureError(.forbiddenParameter, name) }
            guard time != nil else { throw SignatureError(.missingParameter, name) }
        }
    }

    private static let maximumHeaders = 24
}
