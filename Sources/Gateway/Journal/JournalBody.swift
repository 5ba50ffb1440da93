import Federation

/// The body of a message, for a journal with `bodies = "redacted"`.
///
/// What is known to be harmless stays; what names a person, or is a person's own words, is sealed
/// for that person; secrets become fingerprints; and of everything else only its kind and length
/// stay, since nobody can say what peers put there.
package struct JournalBody: Sendable {
    let bytes: [UInt8]
    let form: Form
    /// The members, of a body that was read before.
    var members: JSONObject?

    enum Form: Sendable {
        case json
        /// `application/x-www-form-urlencoded`.
        case form
    }

    init(bytes: [UInt8], form: Form) {
        self.bytes = bytes
        self.form = form
    }

    func write(into text: inout JournalText) {
        guard bytes.count <= Self.limit, let object = members ?? read() else {
            text.object("body") { $0.add("omitted", bytes.count) }
            return
        }
        let people = People(of: object)
        text.object("body") { Self.write(object, people, into: &$0) }
    }

    /// Nil when it cannot be read, and of a form in which a name stands twice.
    private func read() -> JSONObject? {
        switch form {
        case .json: (try? JSONValue(parsing: bytes))?.object
        case .form:
            (try? FormBody(parsing: bytes)).flatMap { form in
                form.repeated == nil
                    ? JSONObject(form.parameters.map { ($0.name, .string($0.value)) }) : nil
            }
        }
    }

    private static func write(_ object: JSONObject, _ people: People, into text: inout JournalText)
    {
        // By their lengths: a name stands once in an object.
        var unknown: [Int: Int] = [:]
        for (name, value) in object.members {
            let role = roles[name]
            if role == nil {
                let count = unknown[name.utf8.count, default: 0] + 1
                unknown[name.utf8.count] = count
                text.begin("<name\(count > 1 ? " \(count)" : "") of \(name.utf8.count) bytes>")
            } else {
                text.begin(name)
            }
            write(value, role, people, into: &text)
        }
    }

    private static func write(
        _ value: JSONValue, _ role: Role?, _ people: People, into text: inout JournalText
    ) {
        switch value {
        case .null: text.writeNull()
        case .bool(let flag): text.write(flag)
        case .number(let number):
            switch role {
            case .plain, .number:
                if let integer = number.integer { text.write(integer) } else { text.writeNull() }
            case .personal, .name, .other, nil:
                text.write("<number of \(number.text.utf8.count) bytes>")
            }
        case .string(let words):
            switch role {
            case .plain:
                text.write(words)
                return
            case .personal(let members):
                if let account = people.account(of: members) {
                    text.write(words, ofAccount: account)
                    return
                }
            case .name(let member):
                if let account = people.account(of: [member]) {
                    text.write(words, nameOf: account)
                    return
                }
            case .number, .other, nil: break
            }
            text.write("<string of \(words.utf8.count) bytes>")
        case .array(let elements):
            text.list(elements) { write($1, role, people, into: &$0) }
        case .object(let object): text.object { write(object, people, into: &$0) }
        }
    }

    /// Bytes of a body that is kept.
    private static let limit = 16_384

    /// What the texts of a member with a known name are.
    private enum Role: Sendable {
        /// Harmless.
        case plain
        /// Names somebody or is in their words: whose account the first of these members has that
        /// has one.
        case personal([String])
        /// What the account of that member goes by.
        case name(String)
        /// Harmless as a number.
        case number
        /// Nobody can say.
        case other
    }

    private static let roles: [String: Role] = {
        var roles: [String: Role] = [
            "owner": .personal(["ownerFederatedId", "owner"]),
            "ownerDisplayName": .name("owner"), "name": .personal([People.invited, "owner"]),
            "description": .personal(["owner"]), "sender": .personal(["sender"]),
            "senderDisplayName": .name("sender"), "shareWith": .personal(["shareWith"]),
            "ownerFederatedId": .personal(["ownerFederatedId"]),
            "sharedByFederatedId": .personal(["sharedByFederatedId"]),
            "sharedBy": .name("sharedByFederatedId"),
            "userID": .personal([People.invited]), "email": .personal([People.invited]),
        ]
        for name in [
            "providerId", "shareType", "resourceType", "permissions", "requirements",
            "accessTypes", "notificationType", "viewMode", "grant_type", "client_id", "remoteId",
            "recipientProvider",
        ] { roles[name] = .plain }
        for name in [
            "message", "protocol", "webdav", "webapp", "ssh", "options", "multi", "notification",
            "datatx", "sharedSecret", "secret", "token", "uri", "code", "redirect_uri",
            "expiration", "remote",
        ] { roles[name] = .other }
        roles["size"] = .number
        return roles
    }()

    /// The accounts that a body names, by the members that name them.
    private struct People {
        private var accounts: [(member: String, text: String)] = []

        /// Who accepted an invitation: `userID` at `recipientProvider`.
        static let invited = "userID@recipientProvider"

        init(of object: JSONObject) {
            for member in Self.members {
                guard let text = object[member]?.string, text.utf8.contains(UInt8(ascii: "@"))
                else { continue }
                // The same one as in the facts of the decision.
                let once = member == "shareWith" ? OCMAddress(text)?.saidOnce.canonical : nil
                accounts.append((member, once ?? text))
            }
            if let user = object["userID"]?.string, let host = object["recipientProvider"]?.string {
                accounts.append((Self.invited, "\(user)@\(host)"))
            }
        }

        func account(of members: [String]) -> String? {
            for member in members {
                if let found = accounts.first(where: { $0.member == member }) { return found.text }
            }
            return nil
        }

        private static let members = [
            "owner", "sender", "shareWith", "ownerFederatedId", "sharedByFederatedId",
        ]
    }
}
