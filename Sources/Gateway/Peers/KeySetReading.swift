import Federation
import HTTPSignatures

extension PeerDirectory {
    /// The keys of a JWK set document; nil when the body is not one.
    ///
    /// Keys without a `kid`, and those that are not for signatures, are left out; a set that shows a
    /// private key or one name twice is no set at all.
    package static func readKeySet(_ body: [UInt8]) -> [PeerKey]? {
        JWKSet(document: body)?.keys.compactMap { jwk in
            jwk.id.map { PeerKey(id: $0, key: jwk.key, source: .jwks) }
        }
    }
}
