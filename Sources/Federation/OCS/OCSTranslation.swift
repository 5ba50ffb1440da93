package import OpenSSL

/// Turns calls of the older federation API into the OCM messages that say the same, and the answers
/// back (`legacy-wire.md` 2.4): what the backend sends there is judged, signed and translated like
/// any other message.
package enum OCSTranslation {
    /// How a call goes out to a peer.
    package enum Way: Sendable, Equatable {
        /// As an OCM message.
        case ocm
        /// As it is, with its secret swapped: OCM has no such message, or the peer takes it only
        /// here.
        case ocs
    }

    /// Whose site says what is translated, where that tells how: the end of a share.
    package enum Speaker: Sendable {
        /// The owner's, or one that nobody knows.
        case owner
        /// The sender's, who has passed on a share of another site's.
        case sender
    }

    /// - Parameters:
    ///   - reader: what the peer reads; nil when it publishes no discovery document, so that it may know
    ///     nothing else.
    ///   - speaker: who says it here.
    package static func way(
        of action: OCSAction, by speaker: Speaker, to reader: Backend?
    ) -> Way {
        guard let reader else { return .ocs }
        switch action {
        case .share, .unknown: return .ocm
        case .change(_, let verb):
            switch verb {
            case .move: return .ocs
            case .revoke: return reader.takesReshareUndo ? .ocm : .ocs
            // Nextcloud never takes these by OCM (`legacy-wire.md` 3.1).
            case .permissions: return reader.kind == .nextcloud ? .ocs : .ocm
            case .unshare:
                return speaker == .sender && !reader.takesUnshareOfPassedOn ? .ocs : .ocm
            case .accept, .decline, .reshare: return .ocm
            }
        }
    }

    /// The share as its sender would have said it in OCM.
    ///
    /// Refused (`malformed_message`): a recipient that has no address on the peer.
    package static func share(_ call: OCSShare, to peer: PeerHost) throws(Denial) -> Share {
        let account = call.owner.identifier
        let members: [(String, JSONValue)] = [
            ("shareWith", .string("\(call.shareWith)@\(peer)")),
            ("shareType", .string(call.shareType)),
            ("name", .string(call.name)),
            ("resourceType", .string("file")),
            ("description", .string("")),
            ("providerId", .string(call.providerID.text)),
            ("owner", .string(call.owner.written(call.owner.form))),
            ("ownerDisplayName", .string(call.form["owner"] ?? account)),
            ("sender", .string(call.sender.written(call.sender.form))),
            ("senderDisplayName", .string(call.form["sharedBy"] ?? call.sender.identifier)),
            (
                "protocol",
                .object([
                    ("name", .string("webdav")),
                    (
                        "options",
                        .object([
                            ("sharedSecret", .string(call.secret.text)),
                            ("permissions", .string(SharePermissions.literal)),
                        ])
                    ),
                ])
            ),
        ]
        return try Share(parsing: JSONValue.object(members).serialized())
    }

    /// The notification that says the same; nil for `move`, which OCM does not have.
    ///
    /// Refused (`malformed_message`): permissions that are no number, and what ``Notification`` refuses.
    package static func notification(_ call: OCSChange) throws(Denial) -> Notification? {
        guard call.verb != .move else { return nil }
        var details: [(String, JSONValue)] = [
            ("sharedSecret", .string(call.secret.text)), ("message", .string(call.verb.message)),
        ]
        switch call.verb {
        case .reshare:
            details.append(("shareWith", .string(call.form["shareWith"] ?? "")))
            if let own = call.remoteID { details.append(("senderId", .string(own.text))) }
            if let type = call.form["shareType"].flatMap({ Int($0) }) {
                details.append(("shareType", .integer(type)))
            }
        case .permissions:
            guard let words = call.permissionWords else {
                throw Denial(.malformedMessage, "permissions is not a number")
            }
            details.append(("permission", .array(words.map { .string($0) })))
        case .accept, .decline, .unshare, .revoke, .move: break
        }
        let members: [(String, JSONValue)] = [
            ("notificationType", .string(call.notificationType.word)),
            ("resourceType", .string("file")), ("providerId", .string(call.providerID.text)),
            ("notification", .object(details)),
        ]
        return try Notification(parsing: JSONValue.object(members).serialized())
    }

    /// The call of the older API for a notification that the backend takes there alone: Nextcloud
    /// `RESHARE_CHANGE_PERMISSION` (`legacy-wire.md` 3.1), ownCloud and a Nextcloud that verifies
    /// `RESHARE_UNDO`, and the latter `SHARE_UNSHARED` of a share that its sender passed on. Nil for any
    /// other, for one without a secret or permissions, and for an id that is not one segment of a path in one
    /// spelling: no such backend has made it.
    ///
    /// - Parameters:
    ///   - folder: the sub-folder that the backend lives in; empty for none.
    ///   - speaker: who has signed it.
    package static func call(
        _ notification: Notification, by speaker: Speaker, to backend: Backend, in folder: String,
        swaps: [SecretSwap], filling: Secret?
    ) -> (target: String, form: FormBody)? {
        let id = notification.providerID.text
        guard let told = notification.secret ?? filling,
            !id.utf8.contains(UInt8(ascii: "/")), "/\(id)".isPlainPath
        else { return nil }
        let verb: OCSVerb
        var members = [("token", (swaps.first { $0.old == told }?.new ?? told).text)]
        switch (backend.kind, notification.type) {
        case (.nextcloud, .reshareChangePermission):
            guard let bits = permissionBits(notification) else { return nil }
            verb = .permissions
            members.append(("permissions", "\(bits)"))
        case (_, .reshareUndo) where !backend.takesReshareUndo: verb = .revoke
        case (_, .shareUnshared) where speaker == .sender && !backend.takesUnshareOfPassedOn:
            verb = .unshare
        case (_, _): return nil
        }
        return (
            "\(folder)/ocs/v2.php/cloud/shares/\(id)/\(verb.rawValue)?format=json",
            FormBody(members)
        )
    }

    /// The permissions of a notification as the older API writes them; nil where it names none, and for a
    /// word that means nothing here: the others alone say less than its sender did.
    private static func permissionBits(_ notification: Notification) -> Int? {
        guard let words = notification.members["notification"]?.object?["permission"]?.array else {
            return nil
        }
        var bits = 0
        for word in words {
            switch word.string {
            case "read": bits |= 1
            case "write": bits |= 14
            case "share": bits |= 16
            case _: return nil
            }
        }
        return bits
    }

    /// The answer to a call for what the peer answered in OCM.
    ///
    /// - Parameter reshare: what came of a `reshare`, its secret swapped already.
    package static func taken(
        _ version: OCSCall.Version, reshare: ReshareAnswer? = nil
    ) -> [UInt8] {
        var data: JSONValue = .array([])
        if let reshare {
            var members: [(String, JSONValue)] = [("token", .string(reshare.secret.text))]
            if let id = reshare.providerID { members.append(("remoteId", .string(id.text))) }
            data = .object(members)
        }
        return OCSAnswer.taken(version == .v1 ? 100 : 200, data)
    }
}

extension OCSVerb {
    /// What Nextcloud writes of it in OCM.
    fileprivate var message: String {
        switch self {
        case .accept: "Recipient accept the share"
        case .decline: "Recipient declined the share"
        case .reshare: "Ask owner to reshare the file"
        case .permissions:
            "Tell the owner (or the sender of the reshare) that the permissions changed"
        case .unshare: "file is no longer shared with you"
        case .revoke: "reshare was revoked"
        case .move: ""
        }
    }
}

extension OCSChange {
    /// The bits of `permissions` (1 read, 2 update, 4 create, 8 delete, 16 share) in OCM's words.
    fileprivate var permissionWords: [String]? {
        guard let bits = form["permissions"].flatMap({ Int($0) }), (0...31).contains(bits) else {
            return nil
        }
        var words: [String] = []
        if bits & 1 != 0 { words.append("read") }
        if bits & 14 != 0 { words.append("write") }
        if bits & 16 != 0 { words.append("share") }
        return words
    }
}
