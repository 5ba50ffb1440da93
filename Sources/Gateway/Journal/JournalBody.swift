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
            let role = roles.role(of: name)
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

    private static let roles = Roles()

    /// Names that a protocol may have without being anybody's words.
    private static let protocols = ["webdav", "multi", "webapp", "ssh", "datatx"]

    /// Whom a member is about.
    private enum Person: Sendable {
        case owner, ownerFederatedID, federatedOwner, sender, receiver, sharer, invited
        case invitedOrOwner
    }

    /// The accounts that a body names.
    private struct People {
        private var owner: String?
        private var ownerFederatedID: String?
        private var sender: String?
        private var receiver: String?
        private var sharer: String?
        /// Who accepted an invitation: `userID` at `recipientProvider`.
        private var invited: String?

        init(of object: JSONObject) {
            var (user, provider): (String?, String?)
            for (name, value) in object.members {
                guard let text = value.string else { continue }
                let account = text.utf8.span.contains(UInt8(ascii: "@")) ? text : nil
                switch name {
                case _ where name.isSame(as: "owner"): owner = account
                case _ where name.isSame(as: "ownerFederatedId"): ownerFederatedID = account
                case _ where name.isSame(as: "sender"): sender = account
                case _ where name.isSame(as: "sharedByFederatedId"): sharer = account
                case _ where name.isSame(as: "shareWith"): receiver = account
                case _ where name.isSame(as: "userID"): user = text
                case _ where name.isSame(as: "recipientProvider"): provider = text
                default: break
                }
            }
            if let user, let provider { invited = "\(user)@\(provider)" }
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

extension JournalBody {
    /// What the members with known names are, by the lengths of those: a message has a dozen of them, and few
    /// names are of one length, so that one is found without the hash that a dictionary makes of each.
    private struct Roles {
        private var byLength: [[(name: String, role: Role)]] = []

        init() {
            add("owner", .personal(.federatedOwner))
            add("ownerDisplayName", .name(.owner))
            add("name", .personal(.invitedOrOwner))
            add("description", .personal(.owner))
            add("sender", .personal(.sender))
            add("senderDisplayName", .name(.sender))
            add("shareWith", .personal(.receiver))
            add("ownerFederatedId", .personal(.ownerFederatedID))
            add("sharedByFederatedId", .personal(.sharer))
            add("sharedBy", .name(.sharer))
            add("userID", .personal(.invited))
            add("email", .personal(.invited))
            for name in [
                "providerId", "shareType", "resourceType", "permissions", "requirements",
                "accessTypes", "notificationType", "viewMode", "grant_type", "client_id",
                "remoteId", "recipientProvider",
            ] { add(name, .plain) }
            for name in [
                "message", "webdav", "webapp", "ssh", "options", "multi", "notification",
                "datatx", "sharedSecret", "secret", "token", "uri", "code", "redirect_uri",
                "expiration", "remote",
            ] { add(name, .other) }
            add("size", .number)
            add("protocol", .protocol)
        }

        private mutating func add(_ name: String, _ role: Role) {
            let length = name.utf8.count
            while byLength.count <= length { byLength.append([]) }
            byLength[length].append((name, role))
        }

        /// Nil of a name that is not known.
        func role(of name: String) -> Role? {
            let length = name.utf8.count
            guard length < byLength.count else { return nil }
            for known in byLength[length] where known.name.isSame(as: name) { return known.role }
            return nil
        }
    }
}
