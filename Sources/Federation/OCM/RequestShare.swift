/// The request of a receiver to be given a share: `POST {endPoint}/request-share` (draft 05 on).
package struct RequestShare: Sendable {
    package let received: [UInt8]
    package let members: JSONObject
    /// Who owns the resource: one of ours.
    package let owner: OCMAddress
    /// Who asks: for this host the message speaks.
    package let shareWith: OCMAddress
    /// What is asked for: the URI of the resource or an object that names it.
    package let share: JSONValue

    package var claim: Claim { Claim(shareWith.host) }

    /// Refused (`malformed_message`): `owner`, `shareWith` or `share` missing or mistyped.
    package init(parsing bytes: [UInt8]) throws(Denial) {
        let reader = try MessageReader(bytes, known: [.owner, .shareWith, .share])
        received = bytes
        members = reader.object
        owner = try reader.address(.owner)
        shareWith = try reader.address(.shareWith)
        guard let share = reader.object[.share], share.string != nil || share.object != nil else {
            throw Denial(.malformedMessage, "share is missing")
        }
        self.share = share
    }
}
