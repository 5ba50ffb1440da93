package import Federation
import HTTPSignatures
import OpenSSL
import Synchronization
package import Transport

/// What peers publish of themselves: discovery documents and keys, fetched when first needed, kept,
/// and fetched again within bounds.
///
/// Nothing here decides whether a host may be asked: policy has done so before (settled questions,
/// 11). One fetch at a time for a host, however many wait for it. A failed fetch is remembered for
/// `cache.negative`; while fetches fail, keys serve for an hour more and documents for
/// `cache.stale_if_error` (settled questions, 6). The keys that are remembered of a host are always of one
/// moment, in which it showed its document and its key set: only such vouch for each other (settled
/// questions, 7).
package final class PeerDirectory: Sendable {
    /// Which document will do.
    private enum Wanted: Sendable {
        /// One that is fresh.
        case fresh
        /// One of this second.
        case new
    }

    /// What came of a refresh; the entry is what is remembered after it.
    private enum Refresh: Sendable {
        case current(PeerEntry)
        case failed(PeerEntry)
    }

    private let entries = Mutex(RememberedPeers())
    private let documentFlights = SingleFlight<PeerHost, Refresh>()
    private let keyFlights = SingleFlight<PeerHost, Refresh>()
    private let world: World
    private let budget: FetchBudget
    /// How often hosts were forgotten by a person's word: few ever are.
    private let forgettings = Mutex<[PeerHost: Int]>([:])
    private let lifetimes: Lifetimes

    package init(lifetimes: Lifetimes, _ world: World) {
        self.lifetimes = lifetimes
        self.world = world
        self.budget = FetchBudget()
    }

    /// The peer's document, from memory when it is fresh.
    ///
    /// Refused (`key_unavailable`, 503): the host cannot be reached and nothing usable is remembered.
    ///
    /// - Parameter client: from where a message came that nobody has verified, for which it is asked.
    package func document(
        of host: PeerHost, by client: IPAddress? = nil
    ) async throws(Denial) -> PeerDocument {
        try await fetched(host, by: client).document
    }

    /// A document and when it was fetched: two of one time are one.
    package struct Fetched: Sendable {
        package let document: PeerDocument
        /// Seconds of a clock that never steps.
        package let at: Int
    }

    /// The peer's document in memory; nil when there is none that is fresh.
    package func remembered(_ host: PeerHost) -> Fetched? {
        let now = world.now()
        guard let entry = used(host, now), let document = entry.document,
            isFresh(entry.documentAt, entry, now)
        else { return nil }
        return Fetched(document: document, at: entry.documentAt)
    }

    /// The same as `document(of:)`, with its time.
    package func fetched(
        _ host: PeerHost, by client: IPAddress? = nil
    ) async throws(Denial) -> Fetched {
        if let remembered = remembered(host) { return remembered }
        let now = world.now()
        switch await patiently(
            host, { [self] in await refreshedDocument(of: host, .fresh, by: client) })
        {
        case .current(let entry), .failed(let entry):
            guard let document = entry.document,
                now - entry.documentAt < lifetimes.fresh + lifetimes.staleIfError
            else { throw unavailable(host, entry) }
            return Fetched(document: document, at: entry.documentAt)
        }
    }

    /// Fetches a document again that seems outdated although it is fresh, at most once in a minute beside
    /// the refresh for unknown keys; whether the host has shown one.
    func renewDocument(of host: PeerHost) async -> Bool {
        guard budget.takeRefresh(of: "\(host) document", now: world.now()) else { return false }
        switch await patiently(
            host, { [self] in await refreshedDocument(of: host, .new, by: nil) })
        {
        case .current: return true
        case .failed: return false
        }
    }

    /// The key of this name, from memory or from the peer.
    ///
    /// A name that the remembered keys do not have causes at most one refresh in a minute; who asks for
    /// one while that goes on waits for it too.
    /// Refused: `signature_invalid` (`key_unknown`) when the peer shows no such key,
    /// `key_unavailable` when it cannot be asked.
    ///
    /// - Parameter client: from where a message came that nobody has verified, for which it is asked.
    package func key(
        _ id: String, of host: PeerHost, for source: PeerKey.Source, by client: IPAddress? = nil
    ) async throws(Denial) -> PeerKey {
        let now = world.now()
        let known = used(host, now)
        var isFresh = false
        if let entry = known, let keysAt = entry.keysAt, self.isFresh(keysAt, entry, now) {
            if let key = Self.find(id, source, entry.keys) { return key }
            isFresh = true
        }
        let refresh = await patiently(host) { [self, isFresh] in
            if isFresh { return await refreshedKeysForUnknownName(of: host, now, by: client) }
            return await refreshedKeys(of: host, by: client)
        }
        switch refresh {
        case .current(let entry):
            guard let key = Self.find(id, source, entry.keys) else {
                throw Self.unknownKey(id, of: host, for: source, entry.unusable)
            }
            return key
        case .failed(let entry):
            guard let keysAt = entry.keysAt, now - keysAt < lifetimes.fresh + Self.staleKeys,
                let key = Self.find(id, source, entry.keys)
            else { throw unavailable(host, entry) }
            return key
        }
    }

    /// The key that the host shows by now under a name that a remembered one was found by; nil when it
    /// shows the same key. Refused (`key_unavailable`): a host that cannot be asked.
    ///
    /// Causes at most one refresh in a minute, the same one as a name that is unknown, and none when the
    /// keys are of this second.
    func successor(
        of key: PeerKey, named id: String, at host: PeerHost, by client: IPAddress? = nil
    ) async throws(Denial) -> PeerKey? {
        let now = world.now()
        guard used(host, now)?.keysAt != now else { return nil }
        let refresh = await patiently(host) { [self] in
            await refreshedKeysForUnknownName(of: host, now, by: client)
        }
        switch refresh {
        case .failed(let entry): throw unavailable(host, entry)
        case .current(let entry):
            guard let shown = Self.find(id, key.source, entry.keys),
                shown.thumbprint != key.thumbprint
            else { return nil }
            return shown
        }
    }

    /// All keys that are remembered of a host, for pins and for `discover`.
    package func keys(of host: PeerHost) -> [PeerKey] {
        entries.withLock { $0[host]?.keys ?? [] }
    }

    /// What its last key set showed that verifies nothing; only to tell why a key is not taken.
    package func unusableKeys(of host: PeerHost) -> [UnusableKey] {
        entries.withLock { $0[host]?.unusable ?? [] }
    }

    /// Keys that a host showed and shows no more, the last few; only to tell why a signature fails.
    package func previousKeys(of host: PeerHost) -> [PeerKey] {
        entries.withLock { $0[host]?.previous ?? [] }
    }

    /// Whether a host that could not be asked keeps its document to itself, and nobody has met it as a
    /// peer: it has shown no document, and no list names it, and it never signed.
    func withholdsDocument(_ host: PeerHost) -> Bool {
        guard acquaintance(with: host) == .stranger,
            let entry = entries.withLock({ $0[host] }), entry.failedAt != nil
        else { return false }
        if case .published? = entry.document { return false }
        switch entry.silence {
        case .withheld: return true
        case .trouble, .notAsked: return false
        }
    }

    /// Forgets what a host showed, and that it failed: it is asked again before it is believed. What is
    /// being fetched of it at the time is fetched again.
    func forget(_ host: PeerHost) {
        keyFlights.abandon(host)
        documentFlights.abandon(host)
        entries.withLock { $0.forget(host) }
    }

    /// What is remembered of the host is forgotten in the moment of a commit, ahead of what is
    /// committed after it: a key that was withdrawn is pinned by nothing that comes later.
    func forgetting(_ host: PeerHost) -> Change {
        Change(
            write: { [self] _ in countForgetting(of: host) },
            committed: { [self] in
                forget(host)
                // Until now it was still remembered.
                countForgetting(of: host)
            })
    }

    /// Makes of changes of what is known of a host, which are learned from now on, such as are not written
    /// once it has been forgotten by a person's word; its next message brings them again.
    func untilForgotten(_ host: PeerHost) -> @Sendable (Change?) -> Change? {
        let before = forgettings(of: host)
        return { [self] change in change?.unless { [self] in forgettings(of: host) != before } }
    }

    private func countForgetting(of host: PeerHost) {
        forgettings.withLock { $0[host, default: 0] += 1 }
    }

    private func forgettings(of host: PeerHost) -> Int {
        forgettings.withLock { $0.isEmpty ? 0 : $0[host] ?? 0 }
    }

    private func used(_ host: PeerHost, _ now: Int) -> PeerEntry? {
        entries.withLock { $0.use(host, at: now) }
    }

    private func isFresh(_ at: Int, _ entry: PeerEntry, _ now: Int) -> Bool {
        now - at < lifetimes.fresh - entry.jitter
    }

    private func unavailable(_ host: PeerHost, _ entry: PeerEntry) -> Denial {
        Denial(.keyUnavailable, "\(host): \(entry.failure)")
    }

    private static func find(
        _ id: String, _ source: PeerKey.Source, _ keys: [PeerKey]
    ) -> PeerKey? {
        for name in names(of: id, source) {
            for key in keys where key.source == source && key.id.isSame(as: name) { return key }
        }
        return nil
    }

    /// What a key may be called that is meant by a name: by all of it, or by the part behind `#` within
    /// the host's own set.
    static func names(of id: String, _ source: PeerKey.Source) -> [String] {
        guard source == .jwks, let mark = id.utf8.lastIndex(of: UInt8(ascii: "#")) else {
            return [id]
        }
        return [id, String(id[id.utf8.index(after: mark)...])]
    }

    static let tooMany = "too many fetches at once"
    private static let askedBefore = "asked less than a minute ago, without a result"
    /// Seconds that a key serves beyond its freshness while its host cannot be reached.
    private static let staleKeys = 3600
}

extension PeerDirectory {
    /// What a refresh brings, as long as its caller waits; it goes on without them.
    private func patiently(
        _ host: PeerHost, _ refresh: @escaping @Sendable () async -> Refresh
    ) async -> Refresh {
        await Patience.result(within: world.patience, of: refresh)
            ?? notAsked(host, "no answer within \(world.patience)")
    }

    private func refreshedDocument(
        of host: PeerHost, _ wanted: Wanted, by client: IPAddress?
    ) async -> Refresh {
        await documentFlights.result(for: host) { [self] in
            let now = world.now()
            let entry = used(host, now)
            if let entry, entry.document != nil {
                let will =
                    switch wanted {
                    case .fresh: isFresh(entry.documentAt, entry, now)
                    case .new: entry.documentAt == now
                    }
                if will { return .current(entry) }
            }
            if let entry, isRecentFailure(entry, now) { return .failed(entry) }
            let acquaintance = world.isNamed(host) ? .known : acquaintance(with: host)
            guard budget.take(for: acquaintance, by: client, now: now) else {
                return notAsked(host, Self.tooMany)
            }
            let fetch = PeerDocumentFetch(fetch: world.fetch, acquaintance: acquaintance)
            let found = await fetch.document(of: host)
            guard let document = found.document else {
                return failed(host, found.failure, now, found.silence)
            }
            // A host that had a document and shows a page for people now is not one without keys, nor
            // is one whose next place has a document of before it had keys.
            if let entry, entry.hasLostDocument(to: document, at: found.place),
                now - entry.documentAt < lifetimes.fresh + lifetimes.staleIfError
            {
                let reason = found.failure.isEmpty ? "" : ": \(found.failure)"
                return failed(host, "its document is gone\(reason)", now)
            }
            let inDocument = Self.keys(in: document)
            return .current(
                note(host) { entry in
                    entry.document = document
                    entry.documentAt = now
                    entry.documentPlace = found.place
                    entry.jitter = world.random(lifetimes.fresh / 10)
                    entry.failedAt = nil
                    entry.show(inNewDocument: inDocument)
                })
        }
    }

    /// The document again, and the key set that it names.
    private func refreshedKeys(of host: PeerHost, by client: IPAddress?) async -> Refresh {
        await keyFlights.result(for: host) { [self] in
            let now = world.now()
            let known = used(host, now)
            let acquaintance = acquaintance(with: host)
            if let known, isRecentFailure(known, now) { return .failed(known) }
            // The key that is asked for could be in a new one, and those of a remembered one vouch for
            // none of today's.
            switch await refreshedDocument(of: host, .new, by: client) {
            case .failed(let entry): return .failed(entry)
            case .current(let entry):
                guard case .published(let document)? = entry.document else {
                    return .current(
                        note(host) { entry in
                            entry.show([])
                            entry.unusable = []
                            entry.keysAt = now
                        })
                }
                guard budget.take(for: acquaintance, by: client, now: now) else {
                    return notAsked(host, Self.tooMany)
                }
                return await fetchKeySet(of: host, document, acquaintance, now)
            }
        }
    }

    /// The keys after the one refresh of this minute, whoever caused it. While nobody knows what it brings,
    /// and when it brought nothing, nobody can say that the host has no such key.
    private func refreshedKeysForUnknownName(
        of host: PeerHost, _ now: Int, by client: IPAddress?
    ) async -> Refresh {
        // The document and the key set. Else a forged name would take the slot, and fetch nothing.
        let isAffordable = budget.has(2, for: acquaintance(with: host), by: client, now: now)
        if isAffordable, budget.takeRefresh(of: host.description, now: now) {
            return await refreshedKeys(of: host, by: client)
        }
        if let running = await keyFlights.resultOfRunning(host) { return running }
        guard let entry = entries.withLock({ $0[host] }) else {
            return notAsked(host, Self.askedBefore)
        }
        guard entry.failedAt == nil else { return .failed(entry) }
        guard let keysAt = entry.keysAt, let askedAt = budget.refreshedAt(host.description),
            keysAt >= askedAt
        else { return notAsked(host, isAffordable ? Self.askedBefore : Self.tooMany) }
        return .current(entry)
    }

    private func fetchKeySet(
        of host: PeerHost, _ document: DiscoveryDocument, _ acquaintance: Acquaintance,
        _ now: Int
    ) async -> Refresh {
        let own = Self.keys(in: .published(document))
        let url = Self.keySetURL(of: host, document)
        if let other = document.jwksURI?.host, other != host,
            let refusal = world.refusal(other, host)
        {
            return failed(host, "the key set at \(url): \(refusal)", now)
        }
        // Who is known can name hosts that are not.
        let server = document.jwksURI?.host ?? host
        let met = server == host ? acquaintance : self.acquaintance(with: server)
        // One that has shown a set before is believed to have one, for as long as to have a document.
        let before = entries.withLock { $0[host] } ?? PeerEntry()
        let hadSet =
            before.keys.contains { $0.source == .jwks }
            && now - (before.keysAt ?? 0) < lifetimes.fresh + lifetimes.staleIfError
        let failure: String
        switch await world.fetch(host, url, met) {
        case .answered(200, let body):
            do throws(JWKSet.Failure) {
                let shown = try Self.readKeySet(body)
                return learned(host, own + shown.keys, now, unusable: shown.unusable)
            } catch { failure = "the key set at \(url): \(error)" }
        case .answered(let status, _):
            if document.jwksURI == nil, !hadSet, !PeerDocumentFetch.tellsNothing(status),
                !(300..<400).contains(status)
            {
                return learned(host, own, now)
            }
            failure = "status \(status) at \(url)"
        case .notAsked(let reason): return notAsked(host, reason)
        case .failed(let reason), .unusable(let reason, _): failure = reason
        }
        // A server of draft-cavage need not have a key set; what stands at its usual place is then
        // a page for people, or nothing.
        if document.jwksURI == nil, !own.isEmpty, !hadSet { return learned(host, own, now) }
        return failed(host, failure, now)
    }

    private static func keySetURL(of host: PeerHost, _ document: DiscoveryDocument) -> String {
        guard let uri = document.jwksURI else { return host.origin + "/.well-known/jwks.json" }
        return uri.scheme.rawValue + "://" + uri.host.description + uri.pathAndQuery
    }

    private func learned(
        _ host: PeerHost, _ keys: [PeerKey], _ now: Int, unusable: [UnusableKey] = []
    ) -> Refresh {
        .current(
            note(host) { entry in
                entry.show(keys)
                entry.unusable = unusable
                entry.keysAt = now
                entry.failedAt = nil
            })
    }

    /// What was known stays; the failure is remembered for a while.
    private func failed(
        _ host: PeerHost, _ reason: String, _ now: Int, _ silence: DocumentSilence = .trouble
    ) -> Refresh {
        if silence == .notAsked { return notAsked(host, reason) }
        return .failed(
            note(host) { ($0.failedAt, $0.failure, $0.silence) = (now, reason, silence) })
    }

    /// Nobody was asked, or has not answered yet: nothing new is remembered of the host.
    private func notAsked(_ host: PeerHost, _ reason: String) -> Refresh {
        var entry = entries.withLock { $0[host] } ?? PeerEntry()
        entry.failure = reason
        return .failed(entry)
    }

    private func isRecentFailure(_ entry: PeerEntry, _ now: Int) -> Bool {
        entry.failedAt.map { now - $0 < lifetimes.negative } ?? false
    }

    /// That a host has answered says nothing: whoever invents a thousand can let them all answer.
    func acquaintance(with host: PeerHost) -> Acquaintance {
        world.isKnown(host) ? .known : .stranger
    }

    /// Changes an entry, and makes room for it when it is new. What was fetched by an abandoned flight
    /// is kept nowhere: it is looked for under the lock, so that it comes before `forget` or not at all.
    private func note(_ host: PeerHost, _ change: (inout PeerEntry) -> Void) -> PeerEntry {
        let (now, acquaintance) = (world.now(), acquaintance(with: host))
        return entries.withLock { entries in
            if Task.isCancelled { return PeerEntry() }
            return entries.note(host, acquaintance, at: now, change)
        }
    }

    /// Keys that stand in the document itself, as many as a key set may hold; one that cannot be read, or
    /// has a longer name than a key may have there, counts as not shown.
    private static func keys(in document: PeerDocument) -> [PeerKey] {
        guard case .published(let document) = document else { return [] }
        return document.signatureKeys.prefix(JWKSet.maximum).compactMap { shown in
            guard let id = shown.keyId, id.utf8.count <= SignatureProfile.longestKeyID,
                let key = try? PublicKey(pem: shown.pem),
                let verification = try? VerificationKey(key)
            else { return nil }
            return PeerKey(id: id, key: verification, source: .discovery)
        }
    }
}
