import Federation
import OpenSSL
import Transport

/// Loops: what went out through this gateway does not come in again, and does not go out twice
/// (RFC 9110, section 7.6.3).
extension Gateway {
    /// 508 (`loop`) for a request that has passed this gateway before.
    func denialOfLoop(_ head: RequestHead) -> Denial? {
        guard head.fields.contains(.via), head.hasPassed(pseudonym) else { return nil }
        return Denial(.loop, "Via holds \(pseudonym)")
    }
}

extension RequestHead {
    /// Whether a `Via` names this pseudonym, wherever in the field it stands.
    func hasPassed(_ pseudonym: String) -> Bool {
        fields.values(of: .via).contains { value in
            String(decoding: value, as: UTF8.self).lowercased().contains(pseudonym)
        }
    }
}

extension SealKey {
    /// What `Via` calls the gateway: 16 hexadecimal digits that tell nothing of it, the same on every
    /// gateway of the site.
    package func pseudonym(of origin: String) -> String {
        Secret(utf8: origin).fingerprint(key: hmac(for: .pseudonym))
    }
}
