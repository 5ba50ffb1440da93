import OpenSSL

/// The digest field of a message, read loosely: what its writer may have meant by it.
struct DigestForm {
    /// The slip with which the field is of this body; nil when none of those known is it.
    private(set) var distortion: Distortion?

    /// - Parameter field: `content-digest` or `digest`.
    init(field: String, _ message: SignedMessage, body: [UInt8]) {
        guard let value = message.combined(field),
            let text = String(validating: value, as: UTF8.self)
        else { return }
        for instance in text.split(separator: ",").prefix(Self.maximumInstances) {
            let parts = instance.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let name = parts[0].filter { $0 != " " }.lowercased()
            let value = parts[1].filter { !" :\"".contains($0) }
            if Self.weak.contains(name) {
                distortion = Distortion(.otherHash, signed: name)
                return
            }
            distortion = Self.distortion(name, value, body)
            if distortion != nil { return }
        }
    }

    private static func distortion(
        _ name: String, _ value: String, _ body: [UInt8]
    ) -> Distortion? {
        for hash in Hash.allCases {
            let digest = hash.digest(body)
            let hex = Hex.encode(digest)
            if value == Base64.encode(digest) {
                // By its own name it would have been found to be right.
                return name == hash.rawValue
                    ? Distortion(.digestForm)
                    : Distortion(.otherHash, signed: hash.rawValue, seen: name)
            }
            let forms = [
                hex, hex.uppercased(), Base64.encodeURL(digest), Base64.encode(Array(hex.utf8)),
                Base64.encode(digest).filter { $0 != "=" },
            ]
            if forms.contains(value) { return Distortion(.digestForm, signed: hash.rawValue) }
        }
        return nil
    }

    /// Names of hashes that nobody should believe (RFC 9530, section 5).
    private static let weak = ["md5", "sha", "sha-1", "sha1", "unixsum", "unixcksum", "adler"]
    private static let maximumInstances = 8
}
