import Federation

/// All shares in memory, with the indexes that messages and WebDAV requests look them up by.
struct ShareTable {
    /// A secret or handle and the access it belongs to.
    struct Place: Hashable {
        let share: ShareID
        let access: Int
    }

    private struct Name: Hashable {
        let direction: ShareDirection
        let providerID: ProviderID
    }

    /// A share, and how it stands, which is asked for every request.
    private final class Kept: Sendable {
        let share: ShareRecord
        private let isEnded: Bool
        private let expires: Int?
        let epoch: UInt32

        init(_ share: ShareRecord) {
            self.share = share
            isEnded = share.ended != nil
            expires = share.expires
            epoch = share.epoch
        }

        func standing(now: Int) -> ShareStanding {
            ShareStanding(isEnded: isEnded, expires: expires, now: now)
        }
    }

    private var shares: [ShareID: Kept] = [:]
    private var handles: [Digest128: Place] = [:]
    /// After a reshare several shares may have one secret.
    private var secrets: [Digest128: [Place]] = [:]
    private var names: [Name: [ShareID]] = [:]
    private var lastNumber: Int64

    /// - Parameter lastNumber: the greatest that was given to a share that is no more.
    init(lastNumber: Int64 = 0) { self.lastNumber = lastNumber }

    mutating func nextID() -> ShareID {
        lastNumber += 1
        return ShareID(number: lastNumber)
    }

    mutating func insert(_ share: ShareRecord) {
        shares[share.id] = Kept(share)
        lastNumber = max(lastNumber, share.id.number)
        for (place, access) in share.accesses.enumerated() {
            let place = Place(share: share.id, access: place)
            secrets[access.secretLookup, default: []].append(place)
            if let handle = access.handleLookup { handles[handle] = place }
        }
        if let providerID = share.providerID {
            names[Name(direction: share.direction, providerID: providerID), default: []]
                .append(share.id)
        }
    }

    /// Forgets a share, with all that it is found by; as it was.
    @discardableResult
    mutating func remove(_ id: ShareID) -> ShareRecord? {
        guard let share = shares.removeValue(forKey: id)?.share else { return nil }
        for access in share.accesses {
            secrets[access.secretLookup]?.removeAll { $0.share == id }
            if secrets[access.secretLookup]?.isEmpty == true { secrets[access.secretLookup] = nil }
            if let handle = access.handleLookup { handles[handle] = nil }
        }
        guard let providerID = share.providerID else { return share }
        let name = Name(direction: share.direction, providerID: providerID)
        names[name]?.removeAll { $0 == id }
        if names[name]?.isEmpty == true { names[name] = nil }
        return share
    }

    mutating func update(_ id: ShareID, _ body: (inout ShareRecord) -> Void) {
        guard var share = self[id] else { return }
        body(&share)
        shares[id] = Kept(share)
    }

    /// Takes over how shares stand by now; one that is not there any more is forgotten.
    mutating func follow(_ standings: [ShareID: (epoch: Int, ended: Int?)]) {
        for (id, kept) in shares {
            guard let (number, ended) = standings[id], let epoch = UInt32(exactly: number) else {
                remove(id)
                continue
            }
            guard epoch != kept.epoch || ended != kept.share.ended else { continue }
            update(id) { ($0.epoch, $0.ended) = (epoch, ended) }
        }
    }

    subscript(_ id: ShareID) -> ShareRecord? { shares[id]?.share }

    var count: Int { shares.count }

    /// In no order.
    var all: [ShareRecord] { shares.values.map(\.share) }

    /// Without a copy of the share.
    func standing(of id: ShareID, now: Int) -> ShareStanding? { shares[id]?.standing(now: now) }

    /// Whether a token of this epoch is good, without a copy of the share.
    func isGood(_ id: ShareID, epoch: UInt32, now: Int) -> Bool {
        guard let kept = shares[id] else { return false }
        return kept.epoch == epoch && kept.standing(now: now) == .active
    }

    /// The newest first.
    func named(_ providerID: ProviderID, _ direction: ShareDirection) -> [ShareRecord] {
        (names[Name(direction: direction, providerID: providerID)] ?? []).reversed()
            .compactMap { self[$0] }
    }

    /// The newest first.
    func withSecret(_ lookup: Digest128, _ direction: ShareDirection) -> [FoundAccess] {
        (secrets[lookup] ?? []).reversed().compactMap { found($0, direction, as: .secret) }
    }

    func withHandle(_ lookup: Digest128, _ direction: ShareDirection) -> FoundAccess? {
        handles[lookup].flatMap { found($0, direction, as: .handle) }
    }

    private func found(
        _ place: Place, _ direction: ShareDirection, as credential: FoundAccess.Credential
    ) -> FoundAccess? {
        guard let share = self[place.share], share.direction == direction else { return nil }
        return FoundAccess(share: share, place: place.access, credential: credential)
    }
}

/// A share found by one of its secrets or handles.
package struct FoundAccess: Sendable {
    /// What was presented.
    package enum Credential: String, Sendable {
        /// The permanent secret of the side that made the share.
        case secret
        /// What the gateway gave out in its place.
        case handle
    }

    package let share: ShareRecord
    let place: Int
    package let credential: Credential

    package var access: ShareAccess { share.accesses[place] }

    /// Whether it was found by the permanent secret of a share of ours whose peer has a code in its place.
    var isReplaced: Bool {
        credential == .secret && access.hasHandle && share.direction == .outbound
    }

    /// Whether the peer was told to exchange what was presented; the secret of another way is none
    /// around what the one over WebDAV demands.
    var demandsToken: Bool {
        access.requirements.contains(.mustExchangeToken)
            || share.webdavAccess?.requirements.contains(.mustExchangeToken) == true
    }
}
