package import HTTPSignatures

extension JWKSet {
    /// Why a body is not taken as a key set.
    package enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// Not strict JSON: a page for people, for instance.
        case notJSON(JSONError)
        /// JSON of another form.
        case noSet
        /// A set that is refused for its keys.
        case refused(KeyError)

        package var description: String {
            switch self {
            case .notJSON(let error):
                "no strict JSON (\(error.problem.rawValue), byte \(error.offset + 1))"
            case .noSet: "no set of keys ({\"keys\": [...]})"
            case .refused(let error): error.description
            }
        }
    }

    /// A JWK set as a peer publishes it (RFC 7517, section 5).
    ///
    /// Refused as a whole: what is not strict JSON, a member of `keys` that is no object, and what
    /// `init(_:)` refuses.
    package init(document body: [UInt8]) throws(Failure) {
        let value: JSONValue
        do { value = try JSONValue(parsing: body) } catch { throw .notJSON(error) }
        guard let list = value.object?["keys"]?.array else { throw .noSet }
        var keys: [Members] = []
        for value in list {
            guard let object = value.object else { throw .noSet }
            keys.append(Self.members(of: object))
        }
        do { self = try JWKSet(keys) } catch { throw .refused(error) }
    }

    /// The members of a key, as `JWK` takes them.
    static func members(of object: JSONObject) -> Members {
        var texts: [String: String] = [:]
        var lists: [String: [String]] = [:]
        var others: Set<String> = []
        for member in object.members {
            let (name, value) = (member.name, member.value)
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
