package import OpenSSL

/// One way to reach a shared resource, with its own secret.
///
/// A class, as ``Share`` is one.
package final class ShareProtocol: Sendable {
    /// `webdav`, `webapp`, `ssh`, …; of the deprecated shape the value of `name`.
    package let name: String
    package let secret: Secret?
    /// Relative or absolute, as it was written.
    package let uri: String?
    /// All URIs that it names, whatever the member is called, as they were written.
    package let places: [String]
    package let permissions: SharePermissions
    package let requirements: [ShareRequirement]
    package let accessTypes: [String]
    package let size: Int?
    /// Where in `protocol` it was found.
    package let place: Place

    /// Where a share has a protocol.
    package enum Place: Sendable, Equatable {
        /// `options` of the deprecated shape.
        case options
        /// A member of its own.
        case member
        /// Both, with the same secret.
        case both
    }

    private static let known: KnownMembers = [
        .uri, .url, .upperCaseURI, .sharedSecret, .permissions, .requirements, .accessTypes, .size,
        .targets, .viewMode, .uriTemplate, .srcURI, .payload,
    ]

    /// A member of `protocol`, or its `options`.
    ///
    /// Refused: a secret that is no string of printable ASCII, two different URIs (`uri` now, `url`
    /// from older OpenCloud), permissions that are neither a list nor the literal text, nor, in `options`,
    /// the word `read`.
    init(name: String, place: Place, _ object: JSONObject) throws(Denial) {
        let reader = try MessageReader(object, known: Self.known)
        self.name = name
        self.place = place
        secret = try reader.optionalSecret(.sharedSecret)
        var uris: [String] = []
        for spelling: MemberName in [.uri, .url, .upperCaseURI] {
            if let uri = try reader.optionalString(spelling, upTo: 4096), !uri.isEmpty {
                uris.append(uri)
            }
        }
        guard Set(uris).count <= 1 else {
            throw Denial(.malformedMessage, "a protocol has two different URIs")
        }
        uri = uris.first
        // What people open (`webapp` of older servers), and where data are fetched from (`datatx`).
        for member: MemberName in [.uriTemplate, .srcURI] {
            if let place = try reader.optionalString(member, upTo: 4096), !place.isEmpty {
                uris.append(place)
            }
        }
        if name.isSame(as: "embedded") { uris += EmbeddedPlaces(in: object).texts }
        places = uris
        permissions = try Self.permissions(reader, place)
        requirements = try reader.optionalWords(.requirements)?.map(ShareRequirement.init) ?? []
        accessTypes = try reader.optionalWords(.accessTypes) ?? []
        size = try reader.optionalInteger(.size)
    }

    private static func permissions(
        _ reader: MessageReader, _ place: Place
    ) throws(Denial) -> SharePermissions {
        guard let value = reader.object[.permissions], !value.isNull else {
            // The older name in webapp; what it means in permissions is the backend's matter.
            return .unspecified
        }
        if let text = value.string {
            // Seafile writes this one word where Nextcloud names a property.
            if place == .options, text.isSame(as: "read") { return .named([text]) }
            guard text == SharePermissions.literal else {
                throw Denial(.malformedMessage, "permissions is a text that means nothing")
            }
            return .unspecified
        }
        return .named(try reader.optionalWords(.permissions) ?? [])
    }

    /// The same protocol found in `options` and in a member of its own.
    ///
    /// Refused (`malformed_message`): two secrets.
    init(_ options: ShareProtocol, _ member: ShareProtocol) throws(Denial) {
        guard options.secret == nil || member.secret == nil || options.secret == member.secret
        else {
            throw Denial(.malformedMessage, "one protocol has two secrets")
        }
        name = member.name
        secret = member.secret ?? options.secret
        uri = member.uri ?? options.uri
        places = options.places + member.places
        permissions = member.permissions
        requirements = options.requirements + member.requirements
        accessTypes = member.accessTypes
        size = member.size ?? options.size
        place = .both
    }
}

extension ShareProtocol: CustomStringConvertible, Redacted {
    package var description: String { "<protocol \(name)>" }
}
