/// The places that an `embedded` way names to fetch data from: in an RO-Crate, 1.1, what stands at `url` or
/// `contentUrl` of an entity, itself or as the `@id` there.
///
/// CERNBox fetches those of what it takes for files, which is its version's matter: all count, at whatever
/// depth. A payload that is a text has places that nobody knows, and counts as one itself.
struct EmbeddedPlaces {
    /// As they were written; none is empty.
    private(set) var texts: [String] = []

    init(in way: JSONObject) {
        if let text = way["payload"]?.string { take(.string(text)) }
        walk(.object(way))
    }

    private mutating func walk(_ value: JSONValue) {
        switch value {
        case .object(let object):
            for (name, value) in object.members {
                if Self.names.contains(MemberNames.fold(name)) { take(value) }
                walk(value)
            }
        case .array(let values): for value in values { walk(value) }
        case .null, .bool, .number, .string: break
        }
    }

    private mutating func take(_ value: JSONValue) {
        switch value {
        case .string(let text): if !text.isEmpty { texts.append(text) }
        case .array(let values): for value in values { take(value) }
        case .object(let object):
            for (name, value) in object.members where MemberNames.fold(name) == "@id" {
                take(value)
            }
        case .null, .bool, .number: break
        }
    }

    /// In lower case, since readers in Go find them in any.
    private static let names: Set = ["url", "contenturl"]
}
