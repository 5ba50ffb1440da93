package import OpenSSL

/// Turns what the backend sends into what a peer reads: the form of addresses, the shape of
/// `protocol`, the demand for token exchange, and gateway codes in the place of permanent secrets.
///
/// What the peer reads as it is stays byte for byte; unknown members are always kept.
package struct OutboundTranslation: Sendable {
    package let dialect: PeerDialect
    /// Where peers reach data that we share: an https URL of the site with a slash at its end.
    package let data: String
    /// By which the backend may say URLs that peers read as the site's.
    let names: OwnNames

    package init(to dialect: PeerDialect, data: String, names: OwnNames) {
        self.dialect = dialect
        self.data = data
        self.names = names
    }

    /// Whether the receiver of a share will reach it by tokens only.
    package func access(of share: Share) -> AccessFact {
        demandsTokens(share) ? .token : .secret
    }

    /// Whether the peer takes the word for it whether a share is of a folder: oCIS and OpenCloud do, modern
    /// servers that are none of the others, and CERNBox where it is not told in the shape by which it finds
    /// out.
    package func needsFoldersNamed(_ share: Share) -> Bool {
        switch dialect.reader.kind {
        case .ocis, .opencloud: true
        case .cernbox: share.isOfFiles && !staysOlder(share)
        case .generic: share.isOfFiles && dialect.shape == .multi
        case .nextcloud, .owncloud10, .seafile: false
        }
    }

    /// Ways with a secret where it cannot be replaced are left out, and those for which the peer would
    /// refuse the whole share.
    ///
    /// - Parameter swaps: secrets to be replaced, at every place of the body.
    ///
    /// Refused: `token_exchange_required` when the peer demands token exchange and the share cannot
    /// carry the demand (calendars, rooms), or the backend demands it and the peer cannot be told;
    /// `mfa_required` likewise; `protocol_not_supported` when no protocol of the share can be said to
    /// the peer.
    package func share(
        _ share: Share, swaps: [SecretSwap] = []
    ) throws(Denial) -> TranslatedBody {
        var members = share.members
        for name in [MemberName.owner, .sender, .sharedBy] { writeAddress(name, in: &members) }
        if dialect.shape == .multi { writeAddress(.shareWith, in: &members) }
        words.writeReceiver(of: share, in: &members)
        words.dropEmptyNames(from: &members)
        Translation.nameTheSender(senderNames, in: &members)
        words.write(share.providerID, in: &members)
        if share.resourceType == "folder", !dialect.reader.knowsFolders {
            members[.resourceType] = .string("file")
        }
        var ways = try protocolForPeer(share)
        for name in share.waysWithSecretsInside { ways[name] = nil }
        members[.protocol] = .object(ways.replacing(swaps))
        return Translation.body(members, share.members, share.received)
    }

    /// What the peer finds the share by is filled in where it is missing, and never mended.
    ///
    /// - Parameters:
    ///   - secret: the secret of the share in the peer's words.
    ///   - grantee: the receiver of the share.
    ///   - resourceType: what the share is of.
    package func notification(
        _ notification: Notification, swaps: [SecretSwap] = [], filling secret: Secret? = nil,
        grantee: String? = nil, resourceType: String? = nil
    ) -> TranslatedBody {
        words.notification(
            notification, swaps: swaps, filling: dialect.reader.readsSecret ? secret : nil,
            grantee: grantee, resourceType: resourceType)
    }

    /// The accepted invitation in the peer's words.
    package func inviteAccepted(_ message: InviteAccepted) -> TranslatedBody {
        words.inviteAccepted(message)
    }

    /// The request with its addresses in the peer's form.
    package func requestShare(_ request: RequestShare) -> TranslatedBody {
        var members = request.members
        for name in [MemberName.owner, .shareWith] { writeAddress(name, in: &members) }
        return Translation.body(members, request.members, request.received)
    }

    /// Only the form changes, never the host. Modern servers know the bare form alone.
    private func writeAddress(_ name: MemberName, in members: inout JSONObject) {
        guard let text = members[name]?.string, let written = OCMAddress(text) else { return }
        let told = dialect.reader.readable(written)
        let isReadInForm =
            switch dialect.shape {
            case .multi: written.form == .bare
            case .legacy, .single, .foreign: dialect.reader.reads(written.form)
            }
        guard !isReadInForm || told != written else { return }
        members[name] = .string(told.written(dialect.addressForm))
    }

    private var senderNames: Set<Translation.SenderName> {
        dialect.reader.senderNames.union(dialect.shape == .multi ? [.sender] : [])
    }

    /// What is said to a backend of the peer's kind. Modern readers take no number for a string.
    var words: Translation {
        let isText = dialect.reader.wantsTextIDs || dialect.shape == .multi
        return Translation(for: dialect.reader, ids: isText ? .text : .asTheyCame)
    }
}

extension Share {
    /// Whether it is about files, which are reached over WebDAV at the places that the gateway
    /// guards: by its type, or since it is offered over WebDAV. The secrets of other resources (rooms,
    /// calendars) are used by applications on paths that pass through, and cannot be replaced.
    package var isOfFiles: Bool {
        switch shape {
        case .foreign: false
        case .legacy, .single, .multi:
            !Self.ofApplications.contains(resourceType) && namesNoApplication
                && (webdav != nil
                    || ["file", "folder", "library", "ro-crate"].contains(resourceType))
        }
    }

    /// What Nextcloud's applications share: it calls every way `webdav` where they do not (`legacy-wire.md`
    /// 3.6).
    private static let ofApplications: Set = ["calendar", "deck", "tables", "talk-room"]

    /// Nextcloud 35 puts an application's name over the way that it has for every share.
    private var namesNoApplication: Bool {
        switch members[.protocol]?.object?[.name]?.string {
        case nil, "webdav"?, "multi"?: true
        case _?: false
        }
    }

    /// The names of the ways beside WebDAV that hold a secret of the share elsewhere than as their
    /// `sharedSecret`, where it cannot be replaced: CERNBox to 3.10 has it in the URI of `webapp`.
    package var waysWithSecretsInside: [String] {
        guard isOfFiles, webdav?.secret != nil, let ways = members[.protocol]?.object else {
            return []
        }
        let blanks = secrets.map { SecretSwap($0, by: Secret([])) }
        return ways.replacing(blanks).members.filter { way in
            guard way.known != .webdav, way.known != .options, way.value.object != nil else {
                return false
            }
            let written = way.value.serialized()
            return blanks.contains { $0.isLeft(in: written) }
        }.map(\.name)
    }
}
