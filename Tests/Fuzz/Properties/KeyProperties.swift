import Federation
import HTTPSignatures
import OpenSSL

/// Keys that peers publish: PEM, DER and JWK sets.
enum KeyProperties {
    /// A key that was taken is published and read as the same key.
    static func check(_ bytes: [UInt8]) throws(Violation) {
        if let key = try? PublicKey(spki: bytes) { try stays(key) }
        if let key = try? PublicKey(ed25519: bytes) { try stays(key) }
        let text = String(decoding: bytes, as: UTF8.self)
        if let key = try? PublicKey(pem: text) { try stays(key) }
        guard let set = try? JWKSet(document: bytes) else { return }
        for jwk in set.keys {
            try stays(jwk.key.key)
            let texts = Dictionary(
                jwk.members.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
            guard let again = try? JWK(members: texts) else {
                throw Violation("a key that was read is refused as we publish it")
            }
            try hold(again.key.key == jwk.key.key, "a key changed by publishing it")
            try hold(again.thumbprint == jwk.thumbprint, "a thumbprint changed")
        }
    }

    private static func stays(_ key: PublicKey) throws(Violation) {
        guard let again = try? PublicKey(pem: key.pem) else {
            throw Violation("a key that was read is refused as PEM")
        }
        try hold(again == key, "a key changed by writing it as PEM")
        try hold((try? PublicKey(spki: key.spki)) == key, "a key changed by writing it as DER")
    }
}
