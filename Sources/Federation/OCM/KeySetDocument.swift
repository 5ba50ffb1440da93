package import HTTPSignatures

extension JWKSet {
    /// A JWK set as a peer publishes it (RFC 7517, section 5); nil when the body is not one.
    ///
    /// Refused as a whole: what is not strict JSON, a member of `keys` that is no object, and what
    /// `init(_:)` refuses.
    package init?(document body: [UInt8]) {
        guard let list = try? JSONValue(parsing: body).object?["keys"]?.array else { return nil }
        var keys: [Members] = []
        for value in list {
            guard let object = value.object else { return nil }
            keys.append(Self.members(of: object))
        }
        guard let set = try? JWKSet(keys) else { return nil }
        self = set
    }

    /// The members of a key, as `JWK` takes them.
    static func members(of object: JSONObject) -> Members {
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
