import Federation
import OpenSSL

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

    private(set) var shares: [ShareID: ShareRecord] = [:]
    private var handles: [Digest128: Place] = [:]
    /// After a reshare several shares may have one secret.
    private var secrets: [Digest128: [Place]] = [:]
    private var names: [Name: [ShareID]] = [:]
    private var lastNumber: Int64 = 0

    mutating func nextID() -> ShareID {
        lastNumber += 1
        return ShareID(number: lastNumber)
    }

    mutating func insert(_ share: ShareRecord) {
        shares[share.id] = share
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

    mutating func update(_ id: ShareID, _ body: (inout ShareRecord) -> Void) {
        guard var share = shares[id] else { return }
        body(&share)
        shares[id] = share
    }

    /// Without a copy of the share.
    func standing(of id: ShareID, now: Int) -> ShareStanding? {
        guard let place = shares.index(forKey: id) else { return nil }
        return shares.values[place].standing(now: now)
    }

    /// The newest first.
    func named(_ providerID: ProviderID, _ direction: ShareDirection) -> [ShareRecord] {
        (names[Name(direction: direction, providerID: providerID)] ?? []).reversed()
            .compactMap { shares[$0] }
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
        guard let share = shares[place.share], share.direction == direction else { return nil }
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
}
