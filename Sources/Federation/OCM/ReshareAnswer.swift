package import OpenSSL

/// The answer to `REQUEST_RESHARE`: the owner's server made a share for a third server, and tells the
/// one that asked its id and its **live secret** (`legacy-wire.md` 3.1).
///
/// Nextcloud calls the secret `token` and understands nothing else, ownCloud calls it `sharedSecret`.
package struct ReshareAnswer: Sendable {
    package let secret: Secret
    package let providerID: ProviderID?

    /// Nil for an answer that names no secret: the request was heard, and no share came of it.
    package init?(parsing body: [UInt8]) {
        guard let object = try? JSONValue(parsing: body).object else { return nil }
        self.init(object)
    }

    /// The same of one that was read.
    init?(_ object: JSONObject) {
        let named = Self.names.compactMap { object[$0]?.string }.filter { !$0.isEmpty }
        guard let text = named.first, named.allSatisfy({ $0.isSame(as: text) }),
            text.utf8.count <= 512, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        let id = (object[.providerID] ?? object[.remoteID]).flatMap { ProviderID($0) }
        // It is not swapped.
        if let id, id.text.utf8.span.contains(text.utf8.span) { return nil }
        secret = Secret(utf8: text)
        providerID = id
    }

    /// Whether an answer holds nothing in which a secret could be told in other words: no bytes, an empty
    /// list, or an object of what is empty, yes or no, or a short word (`{"status":"ok"}`).
    package static func isAbsent(from body: [UInt8]) -> Bool {
        guard let said = try? JSONValue(parsing: body) else { return body.isBlank }
        return switch said {
        case .null, .bool: true
        case .array(let elements): elements.isEmpty
        case .object(let object): object.members.allSatisfy { isPlain($0.value, as: $0.name) }
        case .number, .string: false
        }
    }

    /// Whether a member tells no secret, nor that there is one that cannot be read.
    private static func isPlain(_ value: JSONValue, as name: String) -> Bool {
        switch value {
        case .null, .bool: true
        case .array(let elements): elements.isEmpty
        case .object(let object): object.members.isEmpty
        case .string(let text):
            text.isEmpty || text.utf8.count < shortestSecret && !names.contains(name)
        case .number: false
        }
    }

    /// The same answer with another secret, in the words of both kinds of server.
    package func body(with secret: Secret) -> [UInt8] {
        var members = Self.names.map { ($0, JSONValue.string(secret.text)) }
        if let providerID { members.append(("providerId", .string(providerID.text))) }
        return JSONValue.object(members).serialized()
    }

    static let names = ["token", "sharedSecret"]
    /// Servers make theirs of 15 letters and digits, or more.
    private static let shortestSecret = 8
}

extension ReshareAnswer: CustomStringConvertible, Redacted {
    package var description: String { "<answer to a reshare>" }
}
