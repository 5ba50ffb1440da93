package import Federation
package import HTTPSignatures

/// A key that a peer shows and that verifies nothing, and why.
package struct UnusableKey: Sendable, Equatable, CustomStringConvertible {
    /// The `kid`; nil for a key without one, and for one that is longer than that of any key.
    package let id: String?
    /// Fixed words.
    package let reason: String

    init(id: String?, reason: String) {
        self.id = id.flatMap { $0.utf8.count <= SignatureProfile.longestKeyID ? $0 : nil }
        self.reason = reason
    }

    package var description: String { "\(id.map { "key \($0)" } ?? "an unnamed key"): \(reason)" }
}

/// The keys that a key set shows.
package struct ShownKeys: Sendable {
    package let keys: [PeerKey]
    /// Those that verify nothing: without a `kid`, not for signatures, unsound.
    package let unusable: [UnusableKey]
}

extension PeerDirectory {
    /// The keys of a JWK set document.
    ///
    /// Refused: what is no such document; a set that shows a private key or one name twice is no set
    /// at all.
    package static func readKeySet(_ body: [UInt8]) throws(JWKSet.Failure) -> ShownKeys {
        let set = try JWKSet(document: body)
        return ShownKeys(
            keys: set.keys.compactMap { jwk in
                jwk.id.map { PeerKey(id: $0, key: jwk.key, source: .jwks) }
            },
            unusable: set.ignored.map { UnusableKey(id: $0.id, reason: $0.reason.description) }
                + set.keys.filter { $0.id == nil }.map { _ in
                    UnusableKey(id: nil, reason: "it has no kid")
                })
    }

    /// The refusal of a name that no usable key of the peer has: what it shows under that name, or
    /// without one, tells why.
    static func unknownKey(
        _ id: String, of host: PeerHost, for source: PeerKey.Source, _ unusable: [UnusableKey]
    ) -> Denial {
        let name = "key \(id) of \(host)"
        guard source == .jwks else { return Denial(.keyUnknown, name) }
        for called in names(of: id, source) {
            if let key = unusable.first(where: { $0.id?.isSame(as: called) ?? false }) {
                return Denial(
                    .keyUnknown, "\(name), which it shows but cannot be used: \(key.reason)")
            }
        }
        let unnamed = unusable.first { $0.id == nil }.map { "; it shows \($0)" } ?? ""
        return Denial(.keyUnknown, name + unnamed)
    }
}
