import Federation

/// The body of a message, for a journal with `bodies = "redacted"`.
///
/// What is known to be harmless stays; what names a person, or is a person's own words, is sealed
/// for that person; secrets become fingerprints; and of everything else only its kind and length
/// stay, since nobody can say what peers put there.
package struct JournalBody: Sendable {
    let bytes: [UInt8]
    let form: Form

    enum Form: Sendable {
        case json
        /// `application/x-www-form-urlencoded`.
        case form
    }

    func write(into text: inout JournalText) {
        guard let value = redacted else {
            text.object("body") { $0.add("omitted", bytes.count) }
            return
        }
        text.add("body", value: value)
    }

    /// Nil when it cannot be read, or is too long to be kept.
    private var redacted: JournalValue? {
        guard bytes.count <= Self.limit else { return nil }
        switch form {
        case .json:
            guard let object = (try? JSONValue(parsing: bytes))?.object else { return nil }
            return Self.redact(object, Self.accounts(of: object))
        case .form:
            guard let form = try? FormBody(parsing: bytes) else { return nil }
            let object = JSONObject(form.parameters.map { ($0.name, .string($0.value)) })
            return Self.redact(object, Self.accounts(of: object))
        }
    }

    private static func redact(
        _ object: JSONObject, _ accounts: [String: String]
    ) -> JournalValue {
        .object(
            object.members.map { member in
                let isKnown = known.contains(member.name)
                return (
                    isKnown ? member.name : "<name of \(member.name.utf8.count) bytes>",
                    redact(member.value, as: member.name, accounts)
                )
            })
    }

    private static func redact(
        _ value: JSONValue, as name: String, _ accounts: [String: String]
    ) -> JournalValue {
        switch value {
        case .null: .null
        case .bool(let flag): .flag(flag)
        case .number(let number): number.integer.map { .number(String($0)) } ?? .null
        case .string(let text):
            if plain.contains(name) {
                .text(text)
            } else if let account = accounts[name] {
                .person(text, of: account)
            } else {
                .text("<string of \(text.utf8.count) bytes>")
            }
        case .array(let elements): .list(elements.map { redact($0, as: name, accounts) })
        case .object(let object): redact(object, accounts)
        }
    }

    /// Whose words the personal members are, by their names.
    private static func accounts(of object: JSONObject) -> [String: String] {
        var accounts: [String: String] = [:]
        for (account, names) in personal {
            guard let text = object[account]?.string, text.contains("@") else { continue }
            for name in names + [account] { accounts[name] = text }
        }
        if let user = object["userID"]?.string, let host = object["recipientProvider"]?.string {
            for name in ["userID", "email", "name"] { accounts[name] = "\(user)@\(host)" }
        }
        return accounts
    }

    /// Bytes of a body that is kept.
    private static let limit = 16_384
    private static let plain: Set<String> = [
        "providerId", "shareType", "resourceType", "permissions", "requirements", "accessTypes",
        "notificationType", "viewMode", "grant_type", "client_id", "remoteId", "recipientProvider",
    ]
    /// By the member that holds an account, those that are about the same person.
    private static let personal: KeyValuePairs<String, [String]> = [
        "owner": ["ownerDisplayName", "name", "description"],
        "sender": ["senderDisplayName"], "shareWith": [],
        "ownerFederatedId": ["owner"], "sharedByFederatedId": ["sharedBy"],
    ]
    /// Names that say nothing by themselves.
    private static let known: Set<String> = plain.union([
        "owner", "sender", "shareWith", "ownerDisplayName", "senderDisplayName", "userID", "email",
        "sharedBy", "sharedByFederatedId", "ownerFederatedId", "name", "description", "message",
        "protocol", "webdav", "webapp", "ssh", "options", "multi", "notification", "datatx",
        "sharedSecret", "secret", "token", "uri", "size", "code", "redirect_uri", "expiration",
        "remote",
    ])
}
