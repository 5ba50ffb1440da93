/// The places that an `embedded` way names to fetch data from: in an RO-Crate, 1.1, what stands at `url` or
/// `contentUrl` of an entity, itself or as the `@id` there.
///
/// CERNBox fetches those of what it takes for files, which is its version's matter: all count, at whatever
/// depth, but the `url` of what is a person, an organization, a place or a work and nothing else, which is read by
/// people. A payload that is a text has places that nobody knows, and counts as one itself.
struct EmbeddedPlaces {
    /// As they were written; none is empty.
    private(set) var texts: [String] = []

    init(in way: JSONObject) {
        if let text = way[.payload]?.string { take(.string(text)) }
        walk(.object(way))
    }

    private mutating func walk(_ value: JSONValue) {
        switch value {
        case .object(let object):
            let isRead = Self.isForPeople(object)
            for member in object.members {
                switch MemberNames.fold(member.name) {
                case "url" where isRead: break
                case "url", "contenturl": take(member.value)
                case _: break
                }
                walk(member.value)
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
            for member in object.members where MemberNames.fold(member.name) == "@id" {
                take(member.value)
            }
        case .null, .bool, .number: break
        }
    }

    /// Whether all types of an entity are such as nobody takes for a file. Members are looked for in any case:
    /// readers in Go find them so, and take the last of several.
    private static func isForPeople(_ entity: JSONObject) -> Bool {
        var types: [JSONValue] = []
        for member in entity.members where MemberNames.fold(member.name) == "@type" {
            types += member.value.array ?? [member.value]
        }
        return !types.isEmpty
            && types.allSatisfy { type in
                type.string.map { forPeople.contains($0) } ?? false
            }
    }

    private static let forPeople: Set = [
        "Person", "Organization", "ContactPoint", "Place", "CreativeWork",
    ]
}
