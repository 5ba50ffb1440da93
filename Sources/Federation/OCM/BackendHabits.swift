/// What each kind of backend reads and what it stumbles over.
extension Backend {
    /// The shapes of `protocol` that it takes for what they are: to CERNBox and Seafile `options` are WebDAV,
    /// whatever the `name` beside them says.
    func takes(_ shape: ProtocolShape) -> Bool {
        switch (kind, shape) {
        case (.cernbox, .foreign), (.seafile, .foreign): false
        case (_, .foreign), (.generic, .legacy): true
        case (.generic, .single), (.generic, .multi): age != .old
        case (.nextcloud, .legacy), (.owncloud10, .legacy), (.seafile, .legacy),
            (.cernbox, .legacy):
            true
        case (.nextcloud, .single), (.nextcloud, .multi): age == .current
        case (.owncloud10, .single), (.owncloud10, .multi), (.seafile, .single),
            (.seafile, .multi):
            false
        case (.cernbox, .single), (.cernbox, .multi): true
        case (.ocis, .multi), (.opencloud, .multi): true
        case (.ocis, .legacy), (.opencloud, .legacy), (.ocis, .single), (.opencloud, .single):
            false
        }
    }

    /// A JSON number as `providerId` is an error to readers in Go, and Seafile, which keeps a text, finds no
    /// share by it.
    var wantsTextIDs: Bool {
        switch kind {
        case .ocis, .opencloud, .cernbox, .seafile: true
        case .nextcloud, .owncloud10, .generic: false
        }
    }

    /// The id of a peer's share as it is told. oCIS and OpenCloud list what somebody has received by the ids
    /// alone (`cs3ReceivedOCMSharesToDriveItems` of their graph service), and show one of those that two peers
    /// name alike: what is no UUID is told with the peer, and so is one that is taken.
    ///
    /// - Parameter isTaken: whether another peer's share was told by it before.
    package func told(
        _ id: ProviderID, of peer: PeerHost, isTaken: Bool = false
    ) -> ProviderID {
        switch kind {
        case .ocis, .opencloud: id.isUUID && !isTaken ? id : ProviderID("\(id.text)@\(peer)")
        case .nextcloud, .owncloud10, .cernbox, .seafile, .generic: id
        }
    }

    /// Nextcloud and ownCloud call a shared folder a file.
    package var knowsFolders: Bool {
        switch kind {
        case .ocis, .opencloud, .cernbox, .generic: true
        case .nextcloud, .owncloud10, .seafile: false
        }
    }

    /// CERNBox asks whether a file of the deprecated shape is a folder, and takes the word of all others.
    var looksForFolders: Bool {
        switch kind {
        case .cernbox: true
        case .nextcloud, .owncloud10, .ocis, .opencloud, .seafile, .generic: false
        }
    }

    /// oCIS and OpenCloud ask for a shared single file below the URL that they are told.
    package var namesSingleFiles: Bool {
        switch kind {
        case .ocis, .opencloud: true
        case .nextcloud, .owncloud10, .cernbox, .seafile, .generic: false
        }
    }

    /// The members in which it looks for who shares.
    var senderNames: Set<Translation.SenderName> {
        switch kind {
        case .nextcloud: age == .current ? [.sharedBy, .sender] : [.sharedBy]
        case .seafile: [.sharedBy]
        case .owncloud10, .ocis, .opencloud, .cernbox: [.sender]
        case .generic: []
        }
    }

    /// Nextcloud to 32 refuses a share whose owner has an empty display name, and fills in one that is
    /// not there; no reader needs one (`legacy-wire.md` 2).
    var refusesEmptyNames: Bool {
        switch kind {
        case .nextcloud, .generic: true
        case .owncloud10, .ocis, .opencloud, .cernbox, .seafile: false
        }
    }

    var readsPermissionsLiteral: Bool {
        switch kind {
        case .nextcloud, .seafile, .generic: true
        case .owncloud10, .ocis, .opencloud, .cernbox: false
        }
    }

    /// Seafile finds its user only before a scheme in lower case, and stores a `permissions` of none as
    /// null, which is an error to its database.
    var readsSharesOfOldNextcloudsAlone: Bool {
        switch kind {
        case .seafile: true
        case .nextcloud, .owncloud10, .ocis, .opencloud, .cernbox, .generic: false
        }
    }

    /// Whether a share may be there that it has answered with a failure of its own: Seafile stores one before
    /// it asks the sender's server for the data, and leaves it there when that fails.
    package var keepsSharesThatFailed: Bool {
        switch kind {
        case .seafile: true
        case .nextcloud, .owncloud10, .ocis, .opencloud, .cernbox, .generic: false
        }
    }

    /// Whether it finds its user before a host that is said twice, as oCIS writes whom a share is for.
    var readsHostsSaidTwice: Bool {
        switch kind {
        case .ocis, .opencloud: true
        case .nextcloud, .owncloud10, .cernbox, .seafile, .generic: false
        }
    }

    /// Whether the host of a person is part of their name to it byte by byte, so that in another spelling
    /// (`H.example:0443`) it is somebody else: the `idp` of the reva family.
    var keepsHostsAsWritten: Bool { kind.isReva }

    /// Whether it takes somebody else for whom a share is for than an address with this account names:
    /// oCIS and OpenCloud cut any host off (`docs/protocol-notes.md`), and Seafile ends an account at its
    /// first `http`, and takes all `@` off its end (its `ocm_via_webdav/ocm_api.py`).
    package func readsAnother(than account: String) -> Bool {
        switch kind {
        case .ocis, .opencloud: account.utf8.contains(UInt8(ascii: "@"))
        case .seafile:
            account.utf8.last == UInt8(ascii: "@")
                || Array(account.utf8).firstRange(of: Array("http".utf8)) != nil
        case .nextcloud, .owncloud10, .cernbox, .generic: false
        }
    }

    /// Whether it takes a share of this type for the person that `shareWith` names: Seafile never looks at
    /// the type (its `ocm_via_webdav/ocm_api.py`), and CERNBox takes a federation for a user (reva's
    /// `ocmd/shares.go`).
    package func takesForPerson(shareType: String) -> Bool {
        switch kind {
        case .seafile: shareType != "user"
        case .cernbox: shareType == "federation"
        case .nextcloud, .owncloud10, .ocis, .opencloud, .generic: false
        }
    }

    /// Somebody as it can be told of them: Nextcloud cuts an address at its first `/` or `:`, and takes
    /// `https://h@h` for the host where OpenCloud writes `uuid@https://h@h`; by the base64 of that nobody
    /// can share with them. Of an issuer the reva family alone is told: to others it may read as their host.
    func readable(_ person: OCMAddress) -> OCMAddress {
        switch kind {
        case .nextcloud where person.isEncoded: person.saidOnce
        case .nextcloud, .generic: person.holdsEndOfHost ? person.saidOnce : person
        case .owncloud10, .seafile: person.holdsIssuer ? person.saidOnce : person
        case .ocis, .opencloud, .cernbox: person
        }
    }

    /// The protocols that the reva family knows: any other one is an error to it.
    var onlyProtocols: Set<String>? {
        switch kind {
        case .ocis: ["webdav", "webapp", "datatx"]
        case .opencloud: ["webdav", "webapp"]
        case .cernbox: ["webdav", "webapp", "embedded"]
        case .nextcloud, .owncloud10, .seafile, .generic: nil
        }
    }

    /// oCIS finds the share of a notification by the receiver that it names (`legacy-wire.md` 3.3).
    package var readsGrantee: Bool {
        switch kind {
        case .ocis: true
        case .nextcloud, .owncloud10, .opencloud, .cernbox, .seafile, .generic: false
        }
    }

    /// Whether it looks at the secret in a notification; the reva family does not.
    package var readsSecret: Bool { !kind.isReva }

    /// How many characters of a peer's secret its database has room for (`protocol.md` 8.4); nil where that
    /// is no matter.
    package var longestSecret: Int? {
        switch kind {
        case .nextcloud, .owncloud10: 64
        case .ocis, .opencloud, .cernbox, .seafile, .generic: nil
        }
    }

    /// Whether it asks for the data of a share at the host of who shared it on, and not of its owner
    /// (`legacy-wire.md` 2.6).
    package var asksWhoSharedOn: Bool {
        switch kind {
        case .seafile: true
        case .nextcloud, .owncloud10, .ocis, .opencloud, .cernbox, .generic: false
        }
    }

    /// Whether it verifies signatures itself, and refuses unsigned messages of whom it knows a key.
    package var verifiesSignatures: Bool {
        switch (kind, age) {
        case (.nextcloud, .middle), (.nextcloud, .current): true
        case (.nextcloud, .old), (.owncloud10, _), (.ocis, _), (.opencloud, _), (.cernbox, _),
            (.seafile, _), (.generic, _):
            false
        }
    }

    /// Whether it takes `RESHARE_UNDO` from whoever passed a share on. ownCloud answers 501 on purpose
    /// (`legacy-wire.md` 3.2); Nextcloud from 31 on wants it signed by whom the share was passed on to.
    /// Both take the call of the older API for its token.
    var takesReshareUndo: Bool {
        switch kind {
        case .owncloud10: false
        case .nextcloud: !verifiesSignatures
        case .ocis, .opencloud, .cernbox, .seafile, .generic: true
        }
    }

    /// Whether it takes `SHARE_UNSHARED` of a share of another site's from whoever passed it on: a Nextcloud
    /// that verifies wants the owner's site to have signed it, and takes the call of the older API for its
    /// token.
    var takesUnshareOfPassedOn: Bool { !verifiesSignatures }

    /// Whether it takes a `protocol` of its shapes without a `name`.
    var readsNamelessProtocols: Bool {
        switch kind {
        case .generic: age == .current
        case .nextcloud, .owncloud10, .ocis, .opencloud, .cernbox, .seafile: false
        }
    }

    /// Whether it names a share by its secret in the answers below the root of all shares: CERNBox, which
    /// puts the secret in the place of the share's name, and with `Basic` all of the reva family, which
    /// puts it in front.
    package var tellsSecrets: Bool {
        switch kind {
        case .cernbox, .generic: true
        case .nextcloud, .owncloud10, .ocis, .opencloud, .seafile: false
        }
    }

    /// Whether an answer tells whoever was let in a token of the backend's own, as all of the reva family does
    /// (`X-Access-Token`).
    package var tellsAccessTokens: Bool { kind.mayBeReva }

    /// Whether a lock that is refreshed has no end, whatever `Timeout` says: OpenCloud writes it anew without
    /// one (`ocdav/locks.go` of its reva).
    package var forgetsEndsOfLocks: Bool { kind.mayBeReva }

    /// Whether it joins pieces of uploads that have one number, whoever sent them and to wherever, and knows
    /// them by the names of files.
    package var joinsPiecesByName: Bool { kind.mayBeReva }

    /// `uri` today; OpenCloud of early 2025 reads `url`.
    var uriMembers: [MemberName] {
        switch kind {
        case .ocis, .opencloud: [.uri, .url]
        case .cernbox: [.uri]
        case .nextcloud, .owncloud10, .seafile, .generic: []
        }
    }

    /// Whether it may look at the URI of a share, and not only at the prefix of its sender's document.
    package var looksAtURIs: Bool { kind.mayBeReva }

    /// What becomes of a notification.
    package enum NotificationHandling: Sendable, Equatable {
        case forward
        /// The backend does not know the type, and what follows from it the gateway sees to: it
        /// answers 201, since the sender would otherwise repeat it over the older API for hours, or
        /// take back what it has done.
        case acknowledge
    }

    /// Whether a notification goes to it.
    package func handling(of type: Notification.Kind) -> NotificationHandling {
        switch (kind, type) {
        case (.ocis, .shareAccepted), (.ocis, .shareDeclined): .acknowledge
        // They ask what a share allows each time that they look at it.
        case (.nextcloud, .shareChangePermission), (.owncloud10, .shareChangePermission),
            (.seafile, .shareChangePermission):
            .acknowledge
        case (_, .shareAccepted), (_, .shareDeclined), (_, .shareUnshared), (_, .requestReshare),
            (_, .reshareUndo), (_, .reshareChangePermission), (_, .shareChangePermission),
            (_, .other):
            .forward
        }
    }
}
