package import OpenSSL

/// The `Content-Digest` field (RFC 9530 section 2).
///
/// Of its algorithms only SHA-256 and SHA-512 are known here; MD5, SHA-1 and checksums count as
/// unknown, as section 5 wants it.
package struct ContentDigest: Sendable, Equatable {
    /// Known algorithms in the field's order; never empty.
    package let digests: [(hash: Hash, value: [UInt8])]

    /// Reads a field's combined value.
    ///
    /// Refuses a repeated algorithm, values that are no byte sequence, and a field without any
    /// known algorithm: it says nothing of the body.
    package init(_ field: [UInt8]) throws(DigestError) {
        let dictionary: StructuredField.Dictionary
        do {
            var parser = StructuredFieldParser(field.span, repeatedKeys: .refused)
            dictionary = try parser.parseDictionary()
        } catch {
            throw .malformed
        }
        var digests: [(hash: Hash, value: [UInt8])] = []
        for entry in dictionary.entries {
            guard case .item(let item) = entry.value, case .byteSequence(let value) = item.value
            else { throw .malformed }
            guard let hash = Self.known.first(where: { $0.rawValue == entry.key }) else { continue }
            digests.append((hash, value))
        }
        guard !digests.isEmpty else { throw .noKnownAlgorithm }
        self.digests = digests
    }

    /// The digests of a body, to send.
    package init(of body: [UInt8], _ hashes: [Hash] = [.sha256]) {
        digests = hashes.map { ($0, $0.digest(body)) }
    }

    /// The field's value.
    package var text: String {
        digests.map { "\($0.hash.rawValue)=:\(Base64.encode($0.value)):" }.joined(separator: ", ")
    }

    /// Every known digest must be the body's. Refused (`mismatch`): another body.
    package func check(_ body: [UInt8]) throws(DigestError) {
        for (hash, value) in digests where hash.digest(body) != value { throw .mismatch }
    }

    /// The check for a whole message; refuses one without the field.
    package static func check(_ message: SignedMessage, body: [UInt8]) throws(DigestError) {
        guard let field = message.combined("content-digest") else { throw .missing }
        try ContentDigest(field).check(body)
    }

    package static func == (left: Self, right: Self) -> Bool {
        left.digests.elementsEqual(right.digests, by: ==)
    }

    private static let known: [Hash] = [.sha256, .sha512]
}

/// Why a digest field does not speak for a body.
package enum DigestError: String, Error, Sendable, CustomStringConvertible {
    case missing = "no digest field"
    case malformed = "malformed digest field"
    case noKnownAlgorithm = "no digest by SHA-256 or SHA-512"
    case mismatch = "digest of another body"

    package var description: String { rawValue }
}
