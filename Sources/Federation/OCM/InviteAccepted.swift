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

    package var claim: Claim { Claim(recipientProvider) }

    /// Refused (`malformed_message`): `recipientProvider`, `token` or `userID` missing or mistyped.
    /// `userId`, from an early Nextcloud, counts as `userID`.
    package init(parsing bytes: [UInt8]) throws(Denial) {
        let reader = try MessageReader(
            bytes, known: ["recipientProvider", "token", "userID", "userId", "email", "name"])
        received = bytes
        members = reader.object
        recipientProvider = try reader.host("recipientProvider")
        guard let token = try reader.optionalSecret("token") else {
            throw Denial(.malformedMessage, "token is missing")
        }
        self.token = token
        userID = try reader.string(reader.isPresent("userID") ? "userID" : "userId")
        email = try reader.optionalString("email")
        name = try reader.optionalString("name")
    }
}

extension InviteAccepted: CustomStringConvertible, CustomReflectable {
    package var description: String { "<invite accepted at \(recipientProvider)>" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection()) }
}
