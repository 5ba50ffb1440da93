import Federation
import HTTPSignatures

extension PeerDirectory {
    /// The keys of a JWK set document (RFC 7517, section 5); nil when the body is not one.
    ///
    /// Keys without a `kid`, and those that are not for signatures, are left out; a set that shows a
    /// private key or one name twice is no set at all.
    package static func readKeySet(_ body: [UInt8]) -> [PeerKey]? {
        guard let list = try? JSONValue(parsing: body).object?["keys"]?.array else { return nil }
        var members: [JWKSet.Members] = []
        for value in list {
            guard let object = value.object else { return nil }
            members.append(Self.members(of: object))
        }
        guard let set = try? JWKSet(members) else { return nil }
        return set.keys.compactMap { jwk in
            jwk.id.map { PeerKey(id: $0, key: jwk.key, source: .jwks) }
        }
    }

    private static func members(of object: JSONObject) -> JWKSet.Members {
        var texts: [String: String] = [:]
        var lists: [String: [String]] = [:]
        var others: Set<String> = []
        for (name, value) in object.members {
            if let text = value.string {
                texts[name] = text
            } else if let words = value.array?.compactMap(\.string),
                words.count == value.array?.count
            {
                lists[name] = words
            } else {
                others.insert(name)
            }
        }
        return (texts, lists, others)
    }
}
