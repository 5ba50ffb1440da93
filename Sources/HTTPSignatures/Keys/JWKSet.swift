/// A set of published keys (RFC 7517 section 5).
package struct JWKSet: Sendable {
    /// Usable keys, in the set's order.
    package let keys: [JWK]
    /// What was left out: keys of another use or type, and unsound ones (section 5 wants them
    /// ignored).
    package let ignored: [(id: String?, reason: KeyError)]

    /// The members of one key, as ``JWK/init(members:lists:others:)`` takes them.
    package typealias Members = (
        members: [String: String], lists: [String: [String]], others: Set<String>
    )

    /// Refuses the whole set when it holds a private or symmetric key, more than 20 keys, or two
    /// usable keys with one `kid`: then nobody knows what the publisher meant.
    package init(_ set: [Members]) throws(KeyError) {
        guard set.count <= Self.maximum else { throw .tooManyKeys }
        var keys: [JWK] = []
        var ignored: [(id: String?, reason: KeyError)] = []
        var ids: Set<String> = []
        for (members, lists, others) in set {
            do throws(KeyError) {
                let key = try JWK(members: members, lists: lists, others: others)
                if let id = key.id, !ids.insert(id).inserted { throw .repeatedKeyID }
                keys.append(key)
            } catch {
                switch error {
                case .privateKey, .repeatedKeyID, .tooManyKeys:
                    throw error
                case .malformed, .unsupported, .notForSignatures, .algorithmMismatch, .invalidKey:
                    ignored.append((members["kid"], error))
                }
            }
        }
        self.keys = keys
        self.ignored = ignored
    }

    /// The key with this `kid`, compared byte for byte.
    package subscript(id: String) -> VerificationKey? {
        keys.first { $0.id.map { $0.utf8.elementsEqual(id.utf8) } ?? false }?.key
    }

    /// How many keys a set may hold.
    package static let maximum = 20
}
