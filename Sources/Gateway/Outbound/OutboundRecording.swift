import Federation
import OpenSSL

/// How shares that go out meet the share registry.
extension Gateway {
    /// A share that is recorded, and what the peer is to know in the place of its secrets.
    struct RecordedShare: Sendable {
        let share: ShareRecord
        let swaps: [SecretSwap]
    }

    /// The share as it stands in the registry, durable before this returns.
    ///
    /// The peer gets a code in the place of each secret. A share that comes again, for the same receiver
    /// under the same id and with the same secret, keeps its code, whatever became of it the first
    /// time: nothing is sent twice with different secrets. Of two at the same time the second waits.
    /// Refused: `store_unavailable`.
    ///
    /// - Parameter demandsTokens: whether the peer is told that the codes are there to be exchanged,
    ///   which is then all that they are good for (`protocol.md` 5).
    func record(
        _ share: Share, for peer: PeerHost, demandsTokens: Bool = false,
        _ settings: RuleSettings = .none
    ) async throws(Denial) -> RecordedShare {
        let name =
            (["\(peer)", share.providerID.text, share.shareWith.saidOnce.canonical]
            + share.secrets.map { $0.fingerprint(key: fingerprint) }).joined(separator: "\n")
        let result = await recordings.result(for: name) { [self] in
            do throws(Denial) {
                if let known = try recorded(share, for: peer) {
                    if demandsTokens, let change = registry.demandTokens(of: known.share) {
                        try await makeDurable([change])
                    }
                    return .success(known)
                }
                return .success(
                    try await recordAnew(share, for: peer, demandsTokens, settings))
            } catch { return Result<RecordedShare, Denial>.failure(error) }
        }
        return try result.get()
    }

    /// The share as it was recorded before; nil when it was not, or is over.
    private func recorded(_ share: Share, for peer: PeerHost) throws(Denial) -> RecordedShare? {
        let now = environment.now()
        let known = registry.find(share.providerID, .outbound, peer: peer).first { record in
            record.standing(now: now) == .active && record.origin == .seen
                && record.mayBe(for: share.shareWith)
                && share.secrets.allSatisfy { secret in
                    registry.find(secret, .outbound).contains {
                        $0.share.id == record.id && $0.credential == .secret
                    }
                }
        }
        guard let known else { return nil }
        return RecordedShare(share: known, swaps: try swaps(towardsPeer: known))
    }

    private func recordAnew(
        _ share: Share, for peer: PeerHost, _ demandsTokens: Bool, _ settings: RuleSettings
    ) async throws(Denial) -> RecordedShare {
        let ways = share.protocols.filter { $0.secret != nil }
        let handle: NewAccess.Handle = share.isOfFiles ? .make : .none
        let recording = registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: peer, providerID: share.providerID,
                resourceType: share.resourceType,
                owner: share.owner.saidOnce.canonical(ours: site.hosts),
                sender: share.sender.saidOnce.canonical(ours: site.hosts),
                recipient: share.shareWith.saidOnce.canonical, site: share.owner.host,
                expires: share.expiration,
                accesses: ways.map { way in
                    NewAccess(
                        protocolName: way.name, secret: way.secret ?? Secret([]), handle: handle,
                        permissions: way.permissions, uri: way.uri,
                        requirements: demandsTokens
                            ? way.requirements.demandingTokens : way.requirements)
                }, settings: settings),
            now: environment.now())
        try await makeDurable([recording.change])
        delivered.recorded(recording.share.id)
        return RecordedShare(
            share: recording.share, swaps: try swaps(towardsPeer: recording.share))
    }

    /// What the backend's words for a share's secrets are in the peer's.
    ///
    /// Refused (`store_unavailable`): a row that does not open.
    func swaps(towardsPeer share: ShareRecord) throws(Denial) -> [SecretSwap] {
        try swaps(towardsBackend: share).map { SecretSwap($0.new, by: $0.old) }
    }

    /// Records the share that the owner's server made because the backend asked for it: the backend speaks
    /// of it to that server and to its receiver, by its own secret, and that server of it to the backend,
    /// by whatever id. Its data are there, so it opens nothing here. Nil when it is known already, and of a
    /// share that we do not know.
    ///
    /// - Parameter original: the share that was shared on.
    func recordPassedOn(
        _ secret: Secret, to recipient: OCMAddress, of original: ShareRecord?
    ) -> Change? {
        guard let original, original.direction == .inbound,
            registry.find(secret, .outbound).isEmpty
        else { return nil }
        return registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: original.peer, providerID: nil,
                resourceType: original.resourceType, owner: original.owner,
                sender: original.recipient, recipient: recipient.canonical, site: original.site,
                accesses: [.webdav(secret)]),
            now: environment.now()
        ).change
    }

    /// What is to be told of a share that the backend made because a receiver asked for it, in the
    /// place of the secret that its answer holds (`protocol.md` 8.5).
    ///
    /// The backend has sent the share to its receiver already, or will: then it is found again. It is held
    /// to what its original is held to, but for the settings of one that was sent, which are its own; whether
    /// the receiver is to exchange the code is said to it when it gets the share. Without a way out of ours the
    /// backend tells it the secret itself, which then opens the share beside the code that its asker has.
    ///
    /// Refused: `store_unavailable`; a share of which nobody knows whose it is (`malformed_message`),
    /// since its secret would go out as it is.
    ///
    /// - Parameters:
    ///   - recipient: for whom the share was asked for.
    ///   - original: the share of the one who asked, of which this one was made.
    func reshareSwaps(
        _ answer: ReshareAnswer, for recipient: OCMAddress?, of original: ShareRecord?
    ) async throws(Denial) -> [SecretSwap] {
        let made = registry.find(answer.secret, .outbound).map(\.share).first {
            $0.providerID == nil || $0.providerID == answer.providerID
        }
        if let made {
            try await makeDurable(limits(of: original, on: made))
            return try swaps(towardsPeer: made)
        }
        guard let peer = recipient?.host ?? original?.peer else {
            throw Denial(.malformedMessage, "a reshare for nobody that can be read")
        }
        let code = NewAccess(
            protocolName: "webdav", secret: answer.secret, handle: .make,
            permissions: original?.webdavAccess?.permissions ?? .unspecified, uri: nil,
            requirements: [])
        var secret = code
        secret.handle = .none
        let recording = registry.record(
            NewShare(
                direction: .outbound, origin: .seen, peer: peer, providerID: answer.providerID,
                resourceType: original?.resourceType, owner: original?.owner,
                sender: original?.recipient, recipient: recipient?.canonical,
                site: original?.site, expires: original?.expires,
                accesses: gate == nil ? [code, secret] : [code],
                settings: original?.settings ?? .none),
            now: environment.now())
        try await makeDurable([recording.change])
        return try swaps(towardsPeer: recording.share)
    }

    /// What a share that was sent already takes over of the one whose peer shared it on, where that allows
    /// less or ends sooner. One that others made is theirs.
    private func limits(of original: ShareRecord?, on made: ShareRecord) -> [Change] {
        guard let original, made.senderHost == original.peer else { return [] }
        var limits: [Change] = []
        if let own = made.webdavAccess, let theirs = original.webdavAccess,
            let change = registry.permit(
                ["webdav": own.permissions.intersection(theirs.permissions)], by: made)
        {
            limits.append(change)
        }
        if let end = original.expires, let change = registry.expire(made, at: end) {
            limits.append(change)
        }
        return limits
    }
}

extension ShareRecord {
    /// Whether it is for this person, as far as its receiver is known: Seafile has one id, and of a library
    /// one secret, for all to whom it is shared.
    fileprivate func mayBe(for person: OCMAddress) -> Bool {
        guard let known = receiver else { return true }
        return known.saidOnce == person.saidOnce
    }
}
