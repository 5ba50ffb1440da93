package import Federation
import Foundation
package import OpenSSL
import Synchronization

/// All shares that went through the gateway, and those learned since.
///
/// Secrets and handles are sealed with AES-256-GCM, each bound to its row, and found by a keyed
/// hash. Reads are in memory. Whoever changes something gets a `Change` and commits it, alone or
/// with others.
package final class ShareRegistry: Sendable {
    private let table: Mutex<ShareTable>
    /// Of shares that were sent again since the start: by how many messages the backend may have each.
    private let messages = Mutex<[ShareID: Int]>([:])
    private let seal: AEADKey
    private let lookup: HMACKey

    /// Loads all shares.
    ///
    /// Refused: a seal key that the state was not made with, rows that do not read.
    package init(_ store: Store, _ key: SealKey) throws(FileProblem) {
        do { seal = try key.aead(for: .registry) } catch {
            throw FileProblem(store.path, "cannot seal: \(error)")
        }
        lookup = key.hmac(for: .lookup)
        table = Mutex(try store.read { try ShareRows.load($0, path: store.path) })
    }

    // MARK: Recording

    /// A share about to be recorded: commit `change`, then the share is there.
    package struct Recording: Sendable {
        package let share: ShareRecord
        /// What to give out for each access, in order: the new handle, or the secret itself.
        package let credentials: [Secret]
        package let change: Change
    }

    /// Seals the secrets of a new share and makes its handles.
    package func record(_ new: NewShare, now: Int) -> Recording {
        let id = table.withLock { $0.nextID() }
        var accesses: [ShareAccess] = []
        var credentials: [Secret] = []
        for (place, access) in new.accesses.enumerated() {
            let handle: Secret? =
                switch access.handle {
                case .make: Secret(utf8: Random.alphanumeric(32))
                case .none: nil
                }
            let at = Binding(share: id, direction: new.direction, peer: new.peer, place: place)
            accesses.append(
                ShareAccess(
                    protocolName: access.protocolName, permissions: access.permissions,
                    uri: access.uri, requirements: access.requirements,
                    sealedSecret: sealed(access.secret, at.secret),
                    secretLookup: Digest128(access.secret, key: lookup),
                    sealedHandle: handle.map { sealed($0, at.handle) },
                    handleLookup: handle.map { Digest128($0, key: lookup) }))
            credentials.append(handle ?? access.secret)
        }
        let share = ShareRecord(
            id: id, direction: new.direction, origin: new.origin, peer: new.peer,
            providerID: new.providerID, resourceType: new.resourceType, owner: new.owner,
            sender: new.sender, recipient: new.recipient, site: new.site, expires: new.expires,
            created: now,
            accesses: accesses, settings: new.settings, ended: nil, boundPeer: new.boundPeer,
            epoch: Self.firstEpoch())
        let change = Change(
            write: { try ShareRows.insert(share, $0) },
            committed: { [self] in table.withLock { $0.insert(share) } })
        return Recording(share: share, credentials: credentials, change: change)
    }

    /// Another for each share: where an older state came back, or none, numbers are given again, and the
    /// token of a share that it does not know must not open the one that has its number now. Of 31 bits, so
    /// that it can be raised.
    private static func firstEpoch() -> UInt32 {
        Random.bytes(4).reduce(0) { $0 << 8 | UInt32($1) } >> 1
    }

    // MARK: Finding

    /// All shares with this name, of this peer only when one is given; the newest first.
    package func find(
        _ providerID: ProviderID, _ direction: ShareDirection, peer: PeerHost? = nil
    ) -> [ShareRecord] {
        let shares = table.withLock { $0.named(providerID, direction) }
        guard let peer else { return shares }
        return shares.filter { $0.peer == peer }
    }

    /// What the presented text is: a handle of ours, or the secret of one share or several.
    ///
    /// Ended and expired shares are found too: ask `standing(now:)`.
    package func find(_ credential: Secret, _ direction: ShareDirection) -> [FoundAccess] {
        let name = Digest128(credential, key: lookup)
        return table.withLock { table in
            if let found = table.withHandle(name, direction) { return [found] }
            return table.withSecret(name, direction)
        }
    }

    /// The same of the shares whose data are our backend's own: what peers may open here.
    func findServed(_ credential: Secret) -> [FoundAccess] {
        let found = find(credential, .outbound)
        // The usual case, without another array.
        if found.allSatisfy({ $0.share.isServedHere }) { return found }
        return found.filter { $0.share.isServedHere }
    }

    /// The other active shares of that direction that open by a secret of this one.
    func opened(bySecretsOf share: ShareRecord, now: Int) -> [ShareID] {
        let found = table.withLock { table in
            share.accesses.flatMap { table.withSecret($0.secretLookup, share.direction) }
        }
        let others = found.filter { found in
            found.share.id != share.id && !found.access.hasHandle
                && found.share.standing(now: now) == .active
        }
        return Set(others.map(\.share.id)).sorted()
    }

    /// The other shares with the name and a secret of this one, of the same peer and the same direction, that
    /// have not ended.
    func twins(of share: ShareRecord) -> [ShareRecord] {
        guard let id = share.providerID else { return [] }
        let secrets = Set(share.accesses.map(\.secretLookup))
        return find(id, share.direction, peer: share.peer).filter { other in
            other.id != share.id && other.ended == nil
                && other.accesses.contains { secrets.contains($0.secretLookup) }
        }
    }

    /// The active share that says what a new one would: between the same people, under the same name and
    /// with the same secrets. Nil when there is none, and for a share without a name.
    func active(same new: NewShare, now: Int) -> ShareRecord? {
        guard let name = new.providerID else { return nil }
        let known = find(name, new.direction, peer: new.peer)
        if known.isEmpty { return nil }
        let secrets = new.accesses.map { Digest128($0.secret, key: lookup) }
        return known.first { share in
            share.standing(now: now) == .active && share.origin == new.origin
                && share.resourceType == new.resourceType && share.owner == new.owner
                && share.sender == new.sender && share.recipient == new.recipient
                && share.expires == new.expires
                && share.accesses.map(\.secretLookup) == secrets
                && zip(share.accesses, new.accesses).allSatisfy { known, wanted in
                    known.protocolName == wanted.protocolName
                        && known.requirements == wanted.requirements
                        && known.permissions == wanted.permissions && known.uri == wanted.uri
                }
        }
    }

    /// A share came again: that one message of it is refused says nothing of the other. False when it
    /// was taken back meanwhile.
    func noteRepeat(of share: ShareRecord) -> Bool {
        table.withLock { table in
            guard table[share.id] != nil else { return false }
            messages.withLock { $0[share.id, default: 1] += 1 }
            return true
        }
    }

    package subscript(_ id: ShareID) -> ShareRecord? { table.withLock { $0[id] } }

    /// How a share stands at `now`; nil when there is no such share.
    package func standing(of id: ShareID, now: Int) -> ShareStanding? {
        table.withLock { $0.standing(of: id, now: now) }
    }

    /// All of them, by number.
    package var all: [ShareRecord] {
        table.withLock { $0.all }.sorted { $0.id < $1.id }
    }

    package var count: Int { table.withLock { $0.count } }

    /// The share of a token, while share and epoch are those that it was made for; nil when it is no
    /// longer good.
    package func share(ofToken id: ShareID, epoch: UInt32, now: Int) -> ShareRecord? {
        guard let share = self[id], share.epoch == epoch, share.standing(now: now) == .active else {
            return nil
        }
        return share
    }

    /// Whether a share stands, and is what it was in this epoch, without a copy of it.
    func isGood(_ id: ShareID, epoch: UInt32, now: Int) -> Bool {
        table.withLock { $0.isGood(id, epoch: epoch, now: now) }
    }

    // MARK: Secrets

    /// The permanent secret of the access at `place`.
    ///
    /// Throws when the row was changed behind our back.
    package func secret(of share: ShareRecord, place: Int = 0) throws(CryptoError) -> Secret {
        let at = Binding(share, place)
        return Secret(
            try seal.open(try access(of: share, place).sealedSecret, authenticating: at.secret))
    }

    /// What the other side was given for the access at `place`: the handle, or the secret itself.
    package func credential(of share: ShareRecord, place: Int = 0) throws(CryptoError) -> Secret {
        guard let handle = try access(of: share, place).sealedHandle else {
            return try secret(of: share, place: place)
        }
        return Secret(try seal.open(handle, authenticating: Binding(share, place).handle))
    }

    private func access(
        of share: ShareRecord, _ place: Int
    ) throws(CryptoError) -> ShareAccess {
        guard share.accesses.indices.contains(place) else {
            throw CryptoError("open a secret", "the share has no such access")
        }
        return share.accesses[place]
    }

    // MARK: Changing

    /// How an attempt to bind a code ended.
    package enum BindOutcome: Sendable {
        /// It is this peer's, by now or since before; commit the changes before saying so.
        case bound([Change])
        /// Another peer exchanged it first.
        case otherPeer
        /// There is no such share.
        case unknown
    }

    /// Binds the codes of a share to the peer that exchanges first. The reservation in memory is
    /// at once, so of two at the same time one wins.
    package func bind(_ id: ShareID, to peer: PeerHost) -> BindOutcome {
        table.withLock { table in
            guard let share = table[id] else { return .unknown }
            if let bound = share.boundPeer { return bound == peer ? .bound([]) : .otherPeer }
            table.update(id) { $0.boundPeer = peer }
            return .bound([
                Change(
                    write: { try ShareRows.bind(id, peer, $0) },
                    abandoned: { [self] in
                        self.table.withLock { $0.update(id) { $0.boundPeer = nil } }
                    })
            ])
        }
    }

    /// The codes of a share that is known are from the commit on good for tokens only; nil when they
    /// are already.
    package func demandTokens(of share: ShareRecord) -> Change? {
        guard !share.demandsTokens else { return nil }
        return Change(
            write: { db in
                for (place, access) in share.accesses.enumerated() {
                    try ShareRows.set(access.requirements.demandingTokens, share.id, place, db)
                }
            },
            committed: { [self] in
                table.withLock {
                    $0.update(share.id) { share in
                        for place in share.accesses.indices {
                            share.accesses[place].requirements =
                                share.accesses[place].requirements.demandingTokens
                        }
                    }
                }
            })
    }

    /// What the ways to a share allow is from the commit on what its owner says, and its tokens, which
    /// say something else, are over; nil when nothing changes.
    ///
    /// - Parameter permissions: by the names of protocols; the others stay.
    package func permit(
        _ permissions: [String: SharePermissions], by share: ShareRecord
    ) -> Change? {
        let changed = share.accesses.enumerated().compactMap { place, access in
            permissions[access.protocolName].flatMap { new in
                new == access.permissions ? nil : (place: place, new: new)
            }
        }
        guard !changed.isEmpty else { return nil }
        return Change(
            write: { db in
                for (place, new) in changed { try ShareRows.set(new, share.id, place, db) }
                try ShareRows.advanceEpoch(share.id, db)
            },
            committed: { [self] in
                table.withLock {
                    $0.update(share.id) { share in
                        for (place, new) in changed { share.accesses[place].permissions = new }
                        share.epoch &+= 1
                    }
                }
            })
    }

    /// A share is good no longer than until `end` from the commit on; nil when it is not anyway.
    ///
    /// - Parameter end: Unix seconds.
    func expire(_ share: ShareRecord, at end: Int) -> Change? {
        if let expires = share.expires, expires <= end { return nil }
        return Change(
            write: { try ShareRows.set(expires: end, share.id, $0) },
            committed: { [self] in
                table.withLock { $0.update(share.id) { share in share.expires = end } }
            })
    }

    /// Ends a share: its codes, secrets and tokens are no good from the commit on.
    package func end(_ id: ShareID, now: Int) -> Change {
        Change(
            write: { try ShareRows.end(id, now: now, $0) },
            committed: { [self] in
                table.withLock {
                    $0.update(id) { share in
                        share.ended = share.ended ?? now
                        share.epoch &+= 1
                    }
                }
            })
    }

    /// The backend has refused a message that brought a share, or the peer has no more use for one that was
    /// learned: forgets it, or nothing (nil) while the backend may have it by another message.
    ///
    /// In memory at once, so that one that comes again finds it whole or is recorded anew. Its number
    /// is not given again.
    func takeBack(_ share: ShareRecord) -> Change? {
        let forgotten = table.withLock { table -> ShareRecord? in
            guard table[share.id] != nil else { return nil }
            let left = messages.withLock { messages in
                let left = (messages[share.id] ?? 1) - 1
                messages[share.id] = left > 1 ? left : nil
                return left
            }
            guard left == 0 else { return nil }
            return table.remove(share.id)
        }
        guard let forgotten else { return nil }
        return Change(
            write: { try ShareRows.remove(share.id, $0) },
            abandoned: { [self] in table.withLock { $0.insert(forgotten) } })
    }

    /// Ends all tokens of a share; its codes stay good.
    package func revokeTokens(of id: ShareID) -> Change {
        Change(
            write: { try ShareRows.advanceEpoch(id, $0) },
            committed: { [self] in table.withLock { $0.update(id) { $0.epoch &+= 1 } } })
    }

    /// Takes over what another process, which has the state by now, has made of the shares; shares that
    /// came since are not added.
    func follow(_ path: String) throws {
        let standings = try ShareListing.standings(path)
        table.withLock { $0.follow(standings) }
    }

    private func sealed(_ secret: Secret, _ binding: [UInt8]) -> [UInt8] {
        secret.withBytes { seal.seal($0, authenticating: binding.span) }
    }
}

/// What a sealed value is bound to: it opens in its own row and column only.
private struct Binding {
    let share: ShareID
    let direction: ShareDirection
    let peer: PeerHost
    let place: Int

    init(share: ShareID, direction: ShareDirection, peer: PeerHost, place: Int) {
        self.share = share
        self.direction = direction
        self.peer = peer
        self.place = place
    }

    init(_ share: ShareRecord, _ place: Int) {
        self.init(share: share.id, direction: share.direction, peer: share.peer, place: place)
    }

    var secret: [UInt8] { bytes("secret") }
    var handle: [UInt8] { bytes("handle") }

    private func bytes(_ column: String) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(80)
        bytes.append(contentsOf: column.utf8)
        for number in [share.number, Int64(place), Int64(direction.rawValue)] {
            bytes.append(UInt8(ascii: "\n"))
            bytes.append(contentsOf: String(number).utf8)
        }
        bytes.append(UInt8(ascii: "\n"))
        bytes.append(contentsOf: peer.description.utf8)
        return bytes
    }
}
