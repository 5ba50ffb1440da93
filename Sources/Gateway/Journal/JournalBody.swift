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

    /// How it is to be read.
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
        for member in object.members {
            let role = member.known.flatMap { Role(of: $0) } ?? Role(ofFormField: member.name)
            if role == nil {
                let length = member.name.utf8.count
                let count = unknown[length, default: 0] + 1
                unknown[length] = count
                text.begin("<name\(count > 1 ? " \(count)" : "") of \(length) bytes>")
            } else {
                text.begin(member.name)
            }
            if isProtocol, member.known == .name, let known = member.value.string,
                protocols.contains(known)
            {
                text.write(known)
            } else {
                write(member.value, role, people, into: &text)
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
    fileprivate enum Role: Sendable {
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

    /// Names that a protocol may have without being anybody's words.
    private static let protocols = ["webdav", "multi", "webapp", "ssh", "datatx"]

    /// Whom a member is about.
    fileprivate enum Person: Sendable {
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
            for member in object.members {
                guard let text = member.value.string else { continue }
                switch member.known {
                case .owner: owner = Self.account(text)
                case .ownerFederatedID: ownerFederatedID = Self.account(text)
                case .sender: sender = Self.account(text)
                case .sharedByFederatedID: sharer = Self.account(text)
                case .shareWith: receiver = Self.account(text)
                case .userID: user = text
                case .recipientProvider: provider = text
                case _: break
                }
            }
            if let user, let provider { invited = "\(user)@\(provider)" }
        }

        /// A text that names an account with its host; nil for another.
        private static func account(_ text: String) -> String? {
            text.utf8.span.contains(UInt8(ascii: "@")) ? text : nil
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

extension JournalBody.Role {
    /// Nil of a name of which nobody can say what it is of.
    fileprivate init?(of name: MemberName) {
        switch name {
        case .owner: self = .personal(.federatedOwner)
        case .ownerDisplayName: self = .name(.owner)
        case .name: self = .personal(.invitedOrOwner)
        case .description: self = .personal(.owner)
        case .sender: self = .personal(.sender)
        case .senderDisplayName: self = .name(.sender)
        case .shareWith: self = .personal(.receiver)
        case .ownerFederatedID: self = .personal(.ownerFederatedID)
        case .sharedByFederatedID: self = .personal(.sharer)
        case .sharedBy: self = .name(.sharer)
        case .userID, .email: self = .personal(.invited)
        case .providerID, .shareType, .resourceType, .permissions, .requirements, .accessTypes,
            .notificationType, .viewMode, .remoteID, .recipientProvider:
            self = .plain
        case .message, .webdav, .webapp, .ssh, .options, .multi, .notification, .datatx,
            .sharedSecret, .secret, .token, .uri, .code, .expiration, .remote:
            self = .other
        case .size: self = .number
        case .protocol: self = .protocol
        case .embedded, .file, .grantee, .payload, .senderDomain, .share, .sharedByDisplayName,
            .srcURI, .targets, .upperCaseURI, .uriTemplate, .url, .userId:
            return nil
        }
    }

    /// The same of a name that only requests for tokens have.
    fileprivate init?(ofFormField name: String) {
        switch name {
        case _ where name.isSame(as: "grant_type"), _ where name.isSame(as: "client_id"):
            self = .plain
        case _ where name.isSame(as: "redirect_uri"): self = .other
        case _: return nil
        }
    }
}
