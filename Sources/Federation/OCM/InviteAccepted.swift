package import OpenSSL

/// The acceptance of an invitation: `POST {endPoint}/invite-accepted`.
package struct InviteAccepted: Sendable {
    package let received: [UInt8]
    package let members: JSONObject
    /// The host of the one who accepts: for it the message speaks.
    package let recipientProvider: PeerHost
    package let token: Secret
    package let userID: String
    package let email: String?
    package let name: String?
    /// Whether it came as a form, which goes on as JSON.
    let isForm: Bool

    package var claim: Claim { Claim(recipientProvider) }

    private static let known: KnownMembers = [
        .recipientProvider, .token, .userID, .userId, .email, .name,
    ]

    /// Reads the body: JSON, or the form that early builds of Nextcloud's contacts app send, whose
    /// parameters are the same members (`legacy-wire.md` 4.1).
    ///
    /// Refused (`malformed_message`): `recipientProvider`, `token` or `userID` missing or mistyped; of
    /// a form a parameter that stands there twice, in any case, or whose name is not plain; a `userID` in which
    /// somebody of another host would be read. `userId`, from an early Nextcloud, counts as `userID`.
    package init(parsing bytes: [UInt8], type: MediaType = .json) throws(Denial) {
        let reader: MessageReader
        switch type {
        case .json: reader = try MessageReader(bytes, known: Self.known)
        case .form:
            let form = try OCSFields(try FormBody(parsing: bytes)).form
            // As members, which they become, they would be refused: to a reader in Go these are one.
            let object = JSONObject(form.parameters.map { ($0.name, .string($0.value)) })
            var names = MemberNames()
            for member in object.members {
                guard names.insert(member.name, member.known) else {
                    throw Denial(.malformedMessage, "a parameter stands there twice")
                }
            }
            reader = try MessageReader(object, known: Self.known)
        }
        isForm = type == .form
        received = bytes
        members = reader.object
        recipientProvider = try reader.host(.recipientProvider)
        guard let token = try reader.optionalSecret(.token) else {
            throw Denial(.malformedMessage, "token is missing")
        }
        self.token = token
        userID = try reader.string(reader.isPresent(.userID) ? .userID : .userId)
        guard OCMAddress(identifier: userID, host: recipientProvider).isUnambiguous else {
            throw Denial(.malformedMessage, "userID reads as somebody of another host")
        }
        email = try reader.optionalString(.email)
        name = try reader.optionalString(.name)
    }
}

extension InviteAccepted: CustomStringConvertible, Redacted {
    package var description: String { "<invite accepted at \(recipientProvider)>" }
}
