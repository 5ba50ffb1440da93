/// The metadata of one signature (RFC 9421 section 2.3).
package struct SignatureParameters: Sendable, Equatable {
    /// Unix seconds.
    package var created: Int?
    /// Unix seconds.
    package var expires: Int?
    package var nonce: String?
    /// The name of an algorithm; may be one that we do not know.
    package var algorithm: String?
    package var keyID: String?
    package var tag: String?

    package init(
        created: Int? = nil, expires: Int? = nil, nonce: String? = nil, algorithm: String? = nil,
        keyID: String? = nil, tag: String? = nil
    ) {
        self.created = created
        self.expires = expires
        self.nonce = nonce
        self.algorithm = algorithm
        self.keyID = keyID
        self.tag = tag
    }

    /// Refuses parameters that section 2.3 does not define, values of another type, and times
    /// before 1970. Integers out of range and repeated keys did not pass the field's parser.
    package init(_ parameters: StructuredField.Parameters) throws(SignatureError) {
        for entry in parameters.entries {
            switch (entry.key, entry.value) {
            case ("created", .integer(let seconds)) where seconds >= 0: created = seconds
            case ("expires", .integer(let seconds)) where seconds >= 0: expires = seconds
            case ("nonce", .string(let text)): nonce = text
            case ("alg", .string(let text)): algorithm = text
            case ("keyid", .string(let text)): keyID = text
            case ("tag", .string(let text)): tag = text
            case ("created", _), ("expires", _), ("nonce", _), ("alg", _), ("keyid", _),
                ("tag", _):
                throw SignatureError(.malformedParameter, entry.key)
            case _:
                throw SignatureError(.unknownParameter, entry.key)
            }
        }
    }

    /// To write; absent ones are left out.
    var structured: StructuredField.Parameters {
        var parameters = StructuredField.Parameters()
        if let created { parameters.set("created", to: .integer(created)) }
        if let keyID { parameters.set("keyid", to: .string(keyID)) }
        if let algorithm { parameters.set("alg", to: .string(algorithm)) }
        if let expires { parameters.set("expires", to: .integer(expires)) }
        if let nonce { parameters.set("nonce", to: .string(nonce)) }
        if let tag { parameters.set("tag", to: .string(tag)) }
        return parameters
    }
}
