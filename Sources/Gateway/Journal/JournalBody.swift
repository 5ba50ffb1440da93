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

    /// - Parameter isProtocol: whether its `name` is that of the protocol.
    private static func write(
        _ object: JSONObject, isProtocol: Bool = false, _ people: People,
        into text: inout JournalText
    ) {
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
            if isProtocol, name == "name", let known = value.string, protocols.contains(known) {
                text.write(known)
            } else {
                write(value, role, people, into: &text)
            }
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
            case .personal, .name, .protocol, .other, nil:
                text.write("number", of: number.text.utf8.count)
            }
        case .string(let words):
            switch role {
            case .plain:
                text.write(words)
                return
            case .personal(let person):
                if let account = people[person] {
                    text.write(words, ofAccount: account)
                    return
                }
            case .name(let person):
                if let account = people[person] {
                    text.write(words, nameOf: account)
                    return
                }
            case .number, .protocol, .other, nil: break
            }
            text.write("string", of: words.utf8.count)
        case .array(let elements):
            text.list(elements) { write($1, role, people, into: &$0) }
        case .object(let object):
            let isProtocol = if case .protocol = role { true } else { false }
            text.object { write(object, isProtocol: isProtocol, people, into: &$0) }
        }
    }

    /// Bytes of a body that is kept.
    private static let limit = 16_384

    /// What the texts of a member with a known name are.
    private enum Role: Sendable {
        /// Harmless.
        case plain
        /// Names somebody, or is in their words.
        case personal(Person)
        /// What somebody goes by.
        case name(Person)
        /// Harmless as a number.
        case number
        /// Of a share, with a `name` of its own.
        case `protocol`
        /// Nobody can say.
        case other
    }

    private static let roles: [String: Role] = {
        var roles: [String: Role] = [
            "owner": .personal(.federatedOwner), "ownerDisplayName": .name(.owner),
            "name": .personal(.invitedOrOwner), "description": .personal(.owner),
            "sender": .personal(.sender), "senderDisplayName": .name(.sender),
            "shareWith": .personal(.receiver), "ownerFederatedId": .personal(.ownerFederatedID),
            "sharedByFederatedId": .personal(.sharer), "sharedBy": .name(.sharer),
            "userID": .personal(.invited), "email": .personal(.invited),
        ]
        for name in [
            "providerId", "shareType", "resourceType", "permissions", "requirements",
            "accessTypes", "notificationType", "viewMode", "grant_type", "client_id", "remoteId",
            "recipientProvider",
        ] { roles[name] = .plain }
        for name in [
            "message", "webdav", "webapp", "ssh", "options", "multi", "notification",
            "datatx", "sharedSecret", "secret", "token", "uri", "code", "redirect_uri",
            "expiration", "remote",
        ] { roles[name] = .other }
        roles["size"] = .number
        roles["protocol"] = .protocol
        return roles
    }()

    /// Names that a protocol may have without being anybody's words.
    private static let protocols = ["webdav", "multi", "webapp", "ssh", "datatx"]

    /// Whom a member is about.
    private enum Person: Sendable {
        case owner, ownerFederatedID, federatedOwner, sender, receiver, sharer, invited
        case invitedOrOwner
    }

    /// The accounts that a body names.
    private struct People {
        private let owner: String?
        private let ownerFederatedID: String?
        private let sender: String?
        private let receiver: String?
        private let sharer: String?
        /// Who accepted an invitation: `userID` at `recipientProvider`.
        private let invited: String?

        init(of object: JSONObject) {
            func account(_ member: String) -> String? {
                guard let text = object[member]?.string, text.utf8.contains(UInt8(ascii: "@"))
                else { return nil }
                return text
            }
            owner = account("owner")
            ownerFederatedID = account("ownerFederatedId")
            sender = account("sender")
            sharer = account("sharedByFederatedId")
            // The same one as in the facts of the decision.
            receiver = account("shareWith").map { OCMAddress($0)?.saidOnce.canonical ?? $0 }
            invited = object["userID"]?.string.flatMap { user in
                object["recipientProvider"]?.string.map { "\(user)@\($0)" }
            }
        }

        subscript(person: Person) -> String? {
            switch person {
            case .owner: owner
            case .ownerFederatedID: ownerFederatedID
            case .federatedOwner: ownerFederatedID ?? owner
            case .sender: sender
            case .receiver: receiver
            case .sharer: sharer
            case .invited: invited
            case .invitedOrOwner: invited ?? owner
            }
        }
    }
}
