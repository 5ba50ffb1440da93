package import OpenSSL

/// Seals access tokens with AES-256-GCM, the id of the key in front, and opens them again.
///
/// The first key seals, all of them open, so that keys can be changed while tokens are out.
package struct TokenSealer: Sendable {
    /// A key and the name under which its tokens find it.
    package struct Key: Sendable {
        package let id: UInt32
        package let key: AEADKey

        package init(id: UInt32, key: AEADKey) {
            self.id = id
            self.key = key
        }
    }

    private let first: Key
    private let others: [Key]
    private let audience: [UInt8]
    /// By which a token may have been sealed, the present one first.
    private let audiences: [[UInt8]]

    /// - Parameters:
    ///   - audience: the origin that the tokens are good at; a token of another origin does not open
    ///     even under the same key.
    ///   - others: further origins of the same site, whose tokens open likewise: one of them was the
    ///     first before the site was renamed.
    package init(_ key: Key, olderKeys: [Key] = [], audience: String, others: [String] = []) {
        first = key
        self.others = olderKeys
        self.audience = Self.authenticated(audience)
        audiences = [self.audience] + others.map(Self.authenticated)
    }

    private static func authenticated(_ audience: String) -> [UInt8] {
        Array("ocmgate access token 1\n\(audience)\n".utf8)
    }

    /// The text of the token, base64url; only characters that a `Bearer` credential may have.
    ///
    /// Throws `backend_unavailable` for texts that the layout does not hold (a path over 2 KiB).
    package func seal(_ token: AccessToken) throws(Denial) -> Secret {
        guard let plain = token.encoded() else {
            throw Denial(.backendUnavailable, "the token's texts are too long to seal")
        }
        let id = Self.bytes(of: first.id)
        let sealed = first.key.seal(plain, authenticating: audience + id)
        return Secret(utf8: Base64.encodeURL(id + sealed))
    }

    /// The token that a text stands for.
    ///
    /// Refused: `token_invalid` for anything that no key of ours sealed for an audience of ours, also with
    /// one bit changed; `token_expired` from `expires` on, and well before `issued`. Both look the same
    /// to the peer.
    package func open(_ text: String, now: Int) throws(Denial) -> AccessToken {
        let token = try opened(text)
        if let expiry = token.expiry(at: now) { throw expiry }
        return token
    }

    /// The same, however old it is.
    ///
    /// Refused: `token_invalid`.
    package func opened(_ text: String) throws(Denial) -> AccessToken {
        let (bytes, key) = try sealed(text)
        guard let plain = plain(of: bytes, by: key.key) else {
            throw Denial(.tokenInvalid, "the seal is broken")
        }
        guard let token = AccessToken(decoding: plain) else {
            throw Denial(.tokenInvalid, "sealed with another layout")
        }
        return token
    }

    /// Whether a text has the form of a token of ours, whatever its seal is worth: base64url, as long as
    /// one is at least, and the id of a key of ours in front. By chance a secret has it once in four
    /// thousand million times.
    package func hasForm(_ text: String) -> Bool { (try? sealed(text)) != nil }

    /// The bytes of a text that has the form of a token, and the key that it names.
    ///
    /// Refused (`token_invalid`): any other text, and one that names a key that is not ours.
    private func sealed(_ text: String) throws(Denial) -> (bytes: [UInt8], key: Key) {
        guard (40...4096).contains(text.utf8.count), let bytes = Base64.decodeURL(text),
            bytes.count >= 4 + AEADKey.overhead + AccessToken.leastCount
        else { throw Denial(.tokenInvalid, "not the text of a token") }
        let id = bytes[..<4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard let key = first.id == id ? first : others.first(where: { $0.id == id }) else {
            throw Denial(.tokenInvalid, "sealed with a key that is not ours")
        }
        return (bytes, key)
    }

    /// What a key sealed for any of the audiences.
    private func plain(of bytes: [UInt8], by key: AEADKey) -> [UInt8]? {
        let (tag, sealed) = (Array(bytes[..<4]), Array(bytes[4...]))
        for audience in audiences {
            if let plain = try? key.open(sealed, authenticating: audience + tag) { return plain }
        }
        return nil
    }

    private static func bytes(of id: UInt32) -> [UInt8] {
        (0..<4).reversed().map { UInt8(truncatingIfNeeded: id >> ($0 * 8)) }
    }
}
