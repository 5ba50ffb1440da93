package import OpenSSL

/// The older `Digest` field (RFC 3230), beside draft-cavage signatures.
///
/// Known algorithms are SHA-256 and SHA-512, their names in any case (RFC 3230 section 4.1.1).
package struct Digest: Sendable, Equatable {
    /// Known algorithms in the field's order; never empty.
    package let digests: [(hash: Hash, value: [UInt8])]

    /// Reads a field's combined value: `SHA-256=<base64>[, ...]`.
    ///
    /// Refuses a repeated algorithm, malformed base64 of a known one, and a field without any known
    /// algorithm.
    package init(_ field: [UInt8]) throws(DigestError) {
        var digests: [(hash: Hash, value: [UInt8])] = []
        var seen: [String] = []
        for part in field.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let instance = Array(part)[Array(part).trimmed]
            guard let equals = instance.firstIndex(of: UInt8(ascii: "=")),
                equals > instance.startIndex,
                instance[..<equals].allSatisfy(\.isFieldNameByte)
            else { throw .malformed }
            let name = String(
                decoding: instance[..<equals].map(\.asciiLowercased), as: UTF8.self)
            guard !seen.contains(name), seen.count < Self.maximumInstances else { throw .malformed }
            seen.append(name)
            guard let hash = Self.known.first(where: { $0.rawValue == name }) else { continue }
            let encoded = instance[(equals + 1)...]
            guard encoded.count % 4 == 0, let value = Base64.decode(Array(encoded).span) else {
                throw .malformed
            }
            digests.append((hash, value))
        }
        guard !digests.isEmpty else { throw .noKnownAlgorithm }
        self.digests = digests
    }

    /// The digest of a body, to send.
    package init(of body: [UInt8], _ hash: Hash = .sha512) {
        digests = [(hash, hash.digest(body))]
    }

    /// The field's value, names in upper case: Nextcloud compares them as they are.
    package var text: String {
        digests.map { "\($0.hash.rawValue.uppercased())=\(Base64.encode($0.value))" }
            .joined(separator: ",")
    }

    /// Every known digest must be the body's. Refused (`mismatch`): another body.
    package func check(_ body: [UInt8]) throws(DigestError) {
        for (hash, value) in digests where hash.digest(body) != value { throw .mismatch }
    }

    /// The check for a whole message; refuses one without the field.
    package static func check(_ message: SignedMessage, body: [UInt8]) throws(DigestError) {
        guard let field = message.combined("digest") else { throw .missing }
        try Digest(field).check(body)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.digests.elementsEqual(right.digests, by: ==)
    }

    private static let known: [Hash] = [.sha256, .sha512]
    private static let maximumInstances = 8
}
