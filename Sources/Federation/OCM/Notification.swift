package import OpenSSL

/// A notification about a share: `POST {endPoint}/notifications`.
package struct Notification: Sendable {
    package let received: [UInt8]
    package let members: JSONObject
    package let type: Kind
    /// `providerId`, or that of `notification.file`, where OCM 1.5 has it.
    package let providerID: ProviderID
    /// Whose message OCM 1.5 says that it is; whoever reads it has to hold it against the signer.
    package let senderDomain: PeerHost?
    /// Optional in the drafts; every old server wants it.
    package let resourceType: String?
    /// The secret of the share, which Nextcloud and ownCloud take as the sender's proof.
    package let secret: Secret?
    /// The receiver in oCIS's messages, which carry no secret; an empty one is none.
    package let grantee: String?
    /// What the ways to the share allow from now on, by the names of their protocols, where
    /// `SHARE_CHANGE_PERMISSION` says it (`legacy-wire.md` 3.3).
    package let permissions: [String: SharePermissions]
    /// The ways that they are said of, each of which oCIS takes in the place of the one that it has.
    package let ways: [ShareProtocol]
    /// Whether there was a `notification` member; opencloudmesh-go sends none.
    package let hasDetails: Bool

    /// What is notified; applications (Talk, Calendar) have words of their own.
    package enum Kind: Sendable, Equatable {
        case shareAccepted, shareDeclined, shareUnshared, requestReshare, reshareUndo
        case reshareChangePermission
        /// oCIS: carries a new `protocol` with its secrets.
        case shareChangePermission
        case other(String)

        /// Those that are not an application's.
        package static let known: [Kind] = [
            .shareAccepted, .shareDeclined, .shareUnshared, .requestReshare, .reshareUndo,
            .reshareChangePermission, .shareChangePermission,
        ]

        package init(_ word: String) {
            self = Self.known.first { $0.word.isSame(as: word) } ?? .other(word)
        }

        package var word: String {
            switch self {
            case .shareAccepted: "SHARE_ACCEPTED"
            case .shareDeclined: "SHARE_DECLINED"
            case .shareUnshared: "SHARE_UNSHARED"
            case .requestReshare: "REQUEST_RESHARE"
            case .reshareUndo: "RESHARE_UNDO"
            case .reshareChangePermission: "RESHARE_CHANGE_PERMISSION"
            case .shareChangePermission: "SHARE_CHANGE_PERMISSION"
            case .other(let word): word
            }
        }

        /// Whether it is none of those that servers know of every share.
        package var isOfApplication: Bool {
            switch self {
            case .shareAccepted, .shareDeclined, .shareUnshared, .requestReshare, .reshareUndo,
                .reshareChangePermission, .shareChangePermission:
                false
            case .other: true
            }
        }

        /// On which side of the share the sender of the notification stands.
        package var comesFrom: Side {
            switch self {
            case .shareAccepted, .shareDeclined, .requestReshare: .receiver
            case .shareUnshared, .shareChangePermission: .owner
            case .reshareUndo, .reshareChangePermission, .other: .either
            }
        }
    }

    /// Which side of a share sends such a notification.
    package enum Side: Sendable, Equatable {
        case owner, receiver, either
    }

    /// Reads the body of `POST /notifications`.
    ///
    /// Refused (`malformed_message`): a missing or mistyped `notificationType` or `providerId`, two ids
    /// that differ, a `resourceType` that is no text, or an empty one, a `senderDomain` that is no host,
    /// a `notification` that is no object, a secret outside printable ASCII, permissions that cannot be
    /// read.
    package init(parsing bytes: [UInt8]) throws(Denial) {
        let reader = try MessageReader(
            bytes,
            known: [
                .notificationType, .resourceType, .providerID, .senderDomain, .notification,
            ])
        received = bytes
        members = reader.object
        type = Kind(try reader.string(.notificationType, upTo: 128))
        resourceType =
            reader.isPresent(.resourceType) ? try reader.string(.resourceType, upTo: 64) : nil
        senderDomain = reader.isPresent(.senderDomain) ? try reader.host(.senderDomain) : nil
        let details = try reader.optionalObject(.notification)
        providerID = try Self.providerID(reader, details)
        guard let details else {
            hasDetails = false
            secret = nil
            grantee = nil
            permissions = [:]
            ways = []
            return
        }
        let inner = try MessageReader(
            details, known: [.sharedSecret, .grantee, .protocol, .file])
        hasDetails = true
        secret = try inner.optionalSecret(.sharedSecret)
        grantee = try inner.optionalString(.grantee).flatMap { $0.isEmpty ? nil : $0 }
        guard type == .shareChangePermission else {
            permissions = [:]
            ways = []
            return
        }
        (permissions, ways) = try Self.ways(inner)
    }

    /// The id at either place: a reader of OCM 1.5 goes by the inner one, all others by the outer.
    ///
    /// Refused: two ids that differ.
    private static func providerID(
        _ reader: MessageReader, _ details: JSONObject?
    ) throws(Denial) -> ProviderID {
        guard let file = details?[.file]?.object else { return try reader.providerID() }
        let inner = try MessageReader(file, known: [.providerID])
        guard inner.isPresent(.providerID) else { return try reader.providerID() }
        let id = try inner.providerID()
        if reader.isPresent(.providerID), try reader.providerID() != id {
            throw Denial(.malformedMessage, "providerId names two shares")
        }
        return id
    }

    private static func ways(
        _ details: MessageReader
    ) throws(Denial) -> (permissions: [String: SharePermissions], said: [ShareProtocol]) {
        guard let ways = try details.optionalObject(.protocol) else { return ([:], []) }
        var found: [String: SharePermissions] = [:]
        var said: [ShareProtocol] = []
        for member in ways.members where member.known != .options {
            guard let fields = member.value.object else { continue }
            let way = try ShareProtocol(name: member.name, place: .member, fields)
            try said.take(way)
            // What says nothing of them changes nothing.
            if fields[.permissions].map({ !$0.isNull }) ?? false {
                found[member.name] = way.permissions
            }
        }
        try said.checkWhatIsKept()
        return (found, said)
    }
}

extension Notification {
    /// The secret of the way over WebDAV that is said with what it allows: oCIS, which does not sign, says
    /// no other.
    package var webdavSecret: Secret? { ways.first { $0.name == "webdav" }?.secret }

    /// For whom a reshare is asked for.
    package var shareWith: OCMAddress? {
        members[.notification]?.object?[.shareWith]?.string.flatMap { OCMAddress($0) }
    }
}

extension Notification: CustomStringConvertible, Redacted {
    package var description: String { "<notification \(type.word) \(providerID)>" }
}
