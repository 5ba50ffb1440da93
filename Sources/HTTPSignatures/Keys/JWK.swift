import OpenSSL

/// A public key for signatures as a JSON Web Key (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).
package struct JWK: Sendable, Equatable {
    /// The `kid`.
    package let id: String?
    package let key: VerificationKey

    /// Reads the members of a key's JSON object: those that are strings, those that are lists of
    /// strings, and the names of all others.
    ///
    /// Refuses private and symmetric keys, `use` other than `sig`, `key_ops` without `verify`,
    /// unknown key types, curves and algorithms, and keys that are not sound.
    package init(
        members: [String: String], lists: [String: [String]] = [:], others: Set<String> = []
    ) throws(KeyError) {
        let names = Set(members.keys).union(lists.keys).union(others)
        guard names.isDisjoint(with: Self.privateMembers), members["kty"] != "oct" else {
            throw .privateKey
        }
        let mistyped = names.subtracting(members.keys).intersection(Self.textMembers)
        guard mistyped.isEmpty, let type = members["kty"] else { throw .malformed }
        try Self.checkUse(members["use"], names.contains("key_ops") ? lists["key_ops"] ?? [] : nil)
        id = members["kid"]
        guard (id?.utf8.count ?? 0) <= SignatureProfile.longestKeyID else { throw .malformed }
        var algorithm: SignatureAlgorithm?
        if let name = members["alg"] {
            guard let known = SignatureAlgorithm(jose: name) else { throw .unsupported }
            algorithm = known
        }
        key = try VerificationKey(try Self.key(type, members), algorithm: algorithm)
    }

    /// A key to publish.
    package init(_ key: VerificationKey, id: String?) {
        self.key = key
        self.id = id
    }

    /// All members to publish, in a fixed order; values need no escape except the `kid`.
    package var members: [(name: String, value: String)] {
        var members = [(name: "kty", value: kty)]
        if let id { members.append(("kid", id)) }
        members.append(("use", "sig"))
        if let algorithm = key.algorithm ?? key.only { members.append(("alg", algorithm.jose)) }
        return members + numbers
    }

    /// RFC 7638: the SHA-256 of the required members in the order of their names, as base64url.
    package var thumbprint: String {
        let required = (numbers + [("kty", kty)]).sorted { $0.0 < $1.0 }
        let json = required.map { "\"\($0.0)\":\"\($0.1)\"" }.joined(separator: ",")
        return Base64.encodeURL(Hash.sha256.digest(Array("{\(json)}".utf8)))
    }

    private var kty: String {
        switch key.key.kind {
        case .ed25519: "OKP"
        case .p256, .p384: "EC"
        case .rsa: "RSA"
        }
    }

    /// The members that make the key.
    private var numbers: [(name: String, value: String)] {
        if let x = key.key.ed25519Bytes {
            return [("crv", "Ed25519"), ("x", Base64.encodeURL(x))]
        }
        if let (x, y) = key.key.coordinates {
            let curve = key.key.kind == .p256 ? "P-256" : "P-384"
            return [("crv", curve), ("x", Base64.encodeURL(x)), ("y", Base64.encodeURL(y))]
        }
        if let (n, e) = key.key.rsaNumbers {
            return [("n", Base64.encodeURL(n)), ("e", Base64.encodeURL(e))]
        }
        return []
    }

    private static func checkUse(_ use: String?, _ operations: [String]?) throws(KeyError) {
        if let use, use != "sig" { throw .notForSignatures }
        guard let operations else { return }
        guard Set(operations).count == operations.count else { throw .malformed }
        guard operations.contains("verify") else { throw .notForSignatures }
    }

    private static func key(
        _ type: String, _ members: [String: String]
    ) throws(KeyError) -> PublicKey {
        switch (type, members["crv"]) {
        case ("OKP", "Ed25519"):
            let x = try number("x", members)
            return try sound { () throws(CryptoError) in try PublicKey(ed25519: x) }
        case ("EC", "P-256"), ("EC", "P-384"):
            let curve: KeyKind = members["crv"] == "P-256" ? .p256 : .p384
            let (x, y) = (try number("x", members), try number("y", members))
            return try sound { () throws(CryptoError) in try PublicKey(curve: curve, x: x, y: y) }
        case ("RSA", nil):
            let (n, e) = (try number("n", members), try number("e", members))
            return try sound { () throws(CryptoError) in
                try PublicKey(modulus: n, exponent: e)
            }
        case _:
            throw .unsupported
        }
    }

    private static func number(
        _ name: String, _ members: [String: String]
    ) throws(KeyError) -> [UInt8] {
        guard let text = members[name], !text.isEmpty, !text.utf8.contains(UInt8(ascii: "=")),
            let bytes = Base64.decodeURL(text)
        else { throw .malformed }
        return bytes
    }

    private static func sound(
        _ make: () throws(CryptoError) -> PublicKey
    ) throws(KeyError) -> PublicKey {
        do {
            return try make()
        } catch {
            throw .invalidKey
        }
    }

    private static let privateMembers: Set = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"]
    private static let textMembers: Set = ["kty", "kid", "use", "alg", "crv", "x", "y", "n", "e"]
}
