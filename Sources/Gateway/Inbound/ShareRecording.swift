import Federation
import OpenSSL

/// How messages meet the share registry.
extension Gateway {
    /// A share that is about to be forwarded, and what the backend is to know in its place.
    struct Draft: Sendable {
        /// The share; one that was recorded before when it came again.
        let made: ShareRecord
        /// Secrets of the peer's message and what stands for them in the backend's.
        let swaps: [SecretSwap]
        let changes: [Change]
    }

    /// The share that a message brings: its messages are drafted and made durable one after the other.
    struct Offered: Hashable, Sendable {
        private let peer: PeerHost
        private let providerID: ProviderID

        /// Nil for a message that brings none.
        init?(_ verified: Verified) {
            guard let peer = verified.peer, let name = verified.claimed.message.offered else {
                return nil
            }
            self.peer = peer
            providerID = name
        }
    }

    /// Records an inbound share; one that comes again, since its sender had no answer, keeps its handle
    /// (as on the way out, `docs/decisions/0026`).
    ///
    /// Where it demands tokens, the backend, which cannot exchange, gets a handle in the place of
    /// the code, and none of the ways that it is not told (`docs/decisions/0002`): their secret may be
    /// the one of the others. So it does where its database has no room for the secret, or it would show it
    /// at another host than the peer, where it means nothing, if what it then asks for goes through us.
    ///
    /// Refused: a share of nobody (`peer_unknown`), and what the state cannot open (`store_unavailable`).
    func draft(
        _ share: Share, from peer: PeerHost?, _ settings: RuleSettings = .none, now: Int
    ) throws(Denial) -> Draft {
        guard let peer else { throw Denial(.peerUnknown, "a share of nobody") }
        let untold = Translation(for: backend.view.backend).waysLeftOut(
            of: share.protocols, Self.takenOver)
        let ways = share.protocols.filter { $0.secret != nil && !untold.contains($0.name) }
        let isReplaced =
            gate != nil && share.isOfFiles
            && (hasNoRoom(for: share) || isShownElsewhere(share, than: peer))
        let accesses = ways.map { way in
            NewAccess(
                protocolName: way.name, secret: way.secret ?? Secret([]),
                handle: way.requirements.contains(.mustExchangeToken)
                    || isReplaced && way.name == "webdav" ? .make : .none,
                permissions: way.permissions, uri: way.uri, requirements: way.requirements)
        }
        return try draft(
            NewShare(
                direction: .inbound, origin: .seen, peer: peer, providerID: share.providerID,
                resourceType: share.resourceType, owner: share.owner.saidOnce.canonical,
                sender: share.sender.saidOnce.canonical,
                recipient: share.shareWith.saidOnce.canonical(ours: site.hosts),
                site: share.shareWith.host, expires: share.expiration,
                accesses: accesses, settings: settings),
            now: now)
    }

    /// Records an inbound share of the older API, which does not say by which name its sender knows
    /// this site: the one that it asked. Refused: as the other.
    func draft(
        _ share: OCSShare, from peer: PeerHost?, as name: PeerHost, now: Int
    ) throws(Denial) -> Draft {
        guard let peer else { throw Denial(.peerUnknown, "a share of nobody") }
        return try draft(
            NewShare(
                direction: .inbound, origin: .seen, peer: peer, providerID: share.providerID,
                resourceType: "file", owner: share.owner.saidOnce.canonical,
                sender: share.sender.saidOnce.canonical,
                recipient: "\(share.shareWith)@\(site.host)", site: name,
                accesses: [.webdav(share.secret)]),
            now: now)
    }

    /// Whether the backend shows the secret of a share at another host than its peer, who chose it: where it was
    /// shared on, or where its URI leads. Not at this site, where it is that of a share of our own.
    private func isShownElsewhere(_ share: Share, than peer: PeerHost) -> Bool {
        let backend = backend.view.backend
        if backend.asksWhoSharedOn { return share.sender.host != peer }
        guard backend.looksAtURIs, let data = share.webdav?.uri.flatMap({ URLParts($0) }) else {
            return false
        }
        return data.host != peer && !site.hosts.contains(data.host)
    }

    /// Whether the backend's database has no room for the secret that opens the files of a share, which
    /// nothing else replaces.
    func hasNoRoom(for share: Share) -> Bool {
        guard share.isOfFiles, let webdav = share.webdav, let secret = webdav.secret,
            !webdav.requirements.contains(.mustExchangeToken)
        else { return false }
        return hasNoRoom(for: secret)
    }

    /// Whether the backend's database has no room for a secret.
    func hasNoRoom(for secret: Secret) -> Bool {
        backend.view.backend.longestSecret.map { secret.count > $0 } ?? false
    }

    private func draft(_ new: NewShare, now: Int) throws(Denial) -> Draft {
        if let known = registry.active(same: new, now: now), registry.noteRepeat(of: known) {
            return Draft(made: known, swaps: try swaps(towardsBackend: known), changes: [])
        }
        let recording = registry.record(new, now: now)
        let swaps = zip(new.accesses, recording.credentials).compactMap { access, credential in
            access.secret == credential ? nil : SecretSwap(access.secret, by: credential)
        }
        return Draft(made: recording.share, swaps: swaps, changes: [recording.change])
    }

    /// What its owner says that a share allows from now on; nil when that changes nothing.
    func permission(
        _ notification: Federation.Notification, _ share: ShareRecord?, _ direction: ShareDirection
    ) -> Change? {
        guard let share, share.direction == direction else { return nil }
        return registry.permit(notification.permissions, by: share)
    }

    /// What the peer's words for a share's secrets are in the backend's; those of WebDAV first, which
    /// count where other ways have the same secret.
    ///
    /// Refused (`store_unavailable`): a row that does not open.
    func swaps(towardsBackend share: ShareRecord) throws(Denial) -> [SecretSwap] {
        var swaps: [SecretSwap] = []
        let (webdav, places) = (share.webdavPlace, share.accesses.indices)
        for place in places.filter({ $0 == webdav }) + places.filter({ $0 != webdav })
        where share.accesses[place].hasHandle {
            let secret = try permanentSecret(of: share, at: place)
            let handle = try givenSecret(of: share, at: place)
            switch share.direction {
            case .inbound: swaps.append(SecretSwap(secret, by: handle))
            case .outbound: swaps.append(SecretSwap(handle, by: secret))
            }
        }
        return swaps
    }

    /// The secret by which the backend knows a share: the permanent one of a share that it made.
    func backendSecret(of share: ShareRecord) throws(Denial) -> Secret? {
        try toldSecret(of: share, isMaker: share.direction == .outbound)
    }

    /// The secret, or the code, by which the peer knows a share.
    func peerSecret(of share: ShareRecord) throws(Denial) -> Secret? {
        try toldSecret(of: share, isMaker: share.direction == .inbound)
    }

    /// What a share opens by over WebDAV for one side: for its maker the permanent secret, for the other
    /// the handle or the code in its place, if there is one.
    private func toldSecret(
        of share: ShareRecord, isMaker: Bool
    ) throws(Denial) -> Secret? {
        guard !share.accesses.isEmpty else { return nil }
        return isMaker
            ? try permanentSecret(of: share, at: share.webdavPlace)
            : try givenSecret(of: share, at: share.webdavPlace)
    }

    /// What the other side has in the place of a permanent secret: see ``ShareRegistry/credential(of:place:)``.
    ///
    /// Refused (`store_unavailable`): a row that does not open.
    private func givenSecret(of share: ShareRecord, at place: Int) throws(Denial) -> Secret {
        do { return try registry.credential(of: share, place: place) } catch {
            throw Denial(.storeUnavailable, "share \(share.id): \(error)")
        }
    }
}
