import HTTPSignatures
package import OpenSSL

/// A key that the operator has pinned for a list: a JWK (RFC 7517) or PEM (RFC 7468), read from a
/// file of its own.
package struct ListKey: Sendable, Equatable {
    /// The `kid`; nil, as of every key in PEM: then a signature may call it as it likes.
    package let id: String?
    package let key: PublicKey
    /// The one algorithm that it verifies by: the header of a JWS cannot choose another.
    package let algorithm: SignatureAlgorithm
    /// `nbf`, Unix seconds.
    package let start: Int?
    /// The first second in which it verifies nothing any more (`exp`, as OpenID Federation 1.0,
    /// section 8.7, has it in a JWK).
    package let end: Int?
    /// RFC 7638.
    package let thumbprint: String

    /// The keys of a document: a JWK, a JWK set, or one public key in PEM.
    ///
    /// Refused: what `JWK` refuses (private and symmetric keys among it), RSA below 2048 bits, an
    /// RSA key without `alg`, so each in PEM, times that are no whole seconds, more than 20 keys,
    /// none.
    package static func keys(in document: [UInt8]) throws(ListDefect) -> [ListKey] {
        if isPEM(document) { return [try ListKey(pem: document)] }
        let root = try ListJSON(document, .message).root
        guard let object = root.object else { throw ListDefect("this is no JWK") }
        guard let set = object["keys"] else { return [try ListKey(object)] }
        guard let values = set.array, (1...mostKeys).contains(values.count) else {
            throw ListDefect("this is no set of one to \(mostKeys) keys", at: .member("keys"))
        }
        var keys: [ListKey] = []
        for value in values {
            guard let object = value.object else { throw ListDefect("this is no JWK") }
            keys.append(try ListKey(object))
        }
        return keys
    }

    private init(_ object: JSONObject) throws(ListDefect) {
        let jwk: JWK
        do throws(KeyError) {
            let (texts, lists, others) = JWKSet.members(of: object)
            jwk = try JWK(members: texts, lists: lists, others: others)
        } catch { throw ListDefect(error.description) }
        try self.init(
            jwk, start: try Self.time("nbf", object), end: try Self.time("exp", object),
            whenUndecided:
                "the key does not say by which algorithm it signs: add \"alg\", as in \"RS256\"")
    }

    private init(pem document: [UInt8]) throws(ListDefect) {
        let key: VerificationKey
        do {
            key = try VerificationKey(PublicKey(pem: String(decoding: document, as: UTF8.self)))
        } catch { throw ListDefect("this is no public key in PEM: \(error)") }
        try self.init(
            JWK(key, id: nil), start: nil, end: nil,
            whenUndecided: """
                this is PEM, and an RSA key in it does not say by which algorithm it signs: a JWK \
                is needed, as ocmgate list export --sign KEY --jwk FILE writes it
                """)
    }

    private init(
        _ jwk: JWK, start: Int?, end: Int?, whenUndecided: String
    ) throws(ListDefect) {
        if case .rsa(let bits) = jwk.key.key.kind, bits < Self.leastRSA {
            throw ListDefect("an RSA key of \(bits) bits; at least \(Self.leastRSA) are wanted")
        }
        guard let algorithm = try? jwk.key.algorithm(named: nil) else {
            throw ListDefect(whenUndecided)
        }
        id = jwk.id
        key = jwk.key.key
        self.algorithm = algorithm
        self.start = start
        self.end = end
        thumbprint = jwk.thumbprint
    }

    /// Whether it begins as PEM and not as JSON; comments may stand before the block.
    private static func isPEM(_ document: [UInt8]) -> Bool {
        guard let first = document.first(where: { $0 > 0x20 }), first != UInt8(ascii: "{") else {
            return false
        }
        return String(decoding: document, as: UTF8.self).contains("-----BEGIN ")
    }

    private static func time(_ name: String, _ object: JSONObject) throws(ListDefect) -> Int? {
        guard let value = object[name] else { return nil }
        guard let seconds = value.number?.integer, seconds >= 0 else {
            throw ListDefect("this is no number of seconds", at: .member(name))
        }
        return seconds
    }

    /// Whether it verifies at `now`.
    package func counts(at now: Int) -> Bool {
        (start.map { $0 <= now } ?? true) && (end.map { now < $0 } ?? true)
    }

    private static let leastRSA = 2048
    private static let mostKeys = 20
}
