package import Federation
import HTTPSignatures
import OpenSSL
import Synchronization

/// What peers publish of themselves: discovery documents and keys, fetched when first needed, kept,
/// and fetched again within bounds.
///
/// Nothing here decides whether a host may be asked: policy has done so before (settled questions,
/// 11). One fetch at a time for a host, however many wait for it. A failed fetch is remembered for
/// `cache.negative`; while fetches fail, keys serve for at most an hour and documents for
/// `cache.staleIfError` (settled questions, 6).
package final class PeerDirectory: Sendable {
    /// How long what was fetched is used; seconds.
    package struct Lifetimes: Sendable {
        package var fresh: Int
        package var staleIfError: Int
        package var negative: Int

        package init(fresh: Int, staleIfError: Int, negative: Int) {
            self.fresh = fresh
            self.staleIfError = staleIfError
            self.negative = negative
        }
    }

    private let entries = Mutex<[PeerHost: PeerEntry]>([:])
    private let documentFlights = SingleFlight<PeerHost, PeerEntry>()
    private let keyFlights = SingleFlight<PeerHost, PeerEntry>()
    private let fetch: PeerFetcher
    private let readKeys: @Sendable ([UInt8]) -> [PeerKey]?
    private let budget: FetchBudget
    private let lifetimes: Lifetimes
    private let now: @Sendable () -> Int

    /// - Parameter readKeys: a JWK set's keys; nil when it is none, which leaves the cached set as
    ///   it is.
    package init(
        lifetimes: Lifetimes, now: @escaping @Sendable () -> Int, fetch: @escaping PeerFetcher,
        readKeys: @escaping @Sendable ([UInt8]) -> [PeerKey]?
    ) {
        self.lifetimes = lifetimes
        self.now = now
        self.fetch = fetch
        self.readKeys = readKeys
        self.budget = FetchBudget(now: now())
    }

    /// The peer's document, from memory when it is fresh.
    ///
    /// Refused (`key_unavailable`, 503): the host cannot be reached and nothing usable is remembered.
    package func document(of host: PeerHost) async throws(Denial) -> PeerDocument {
        let now = now()
        if let entry = remembered(host, now), let document = entry.document,
            now - entry.documentAt < lifetimes.fresh
        {
            return document
        }
        let entry = await refreshedDocument(of: host)
        guard let document = entry.document,
            now - entry.documentAt < max(lifetimes.fresh, lifetimes.staleIfError)
        else { throw unavailable(host, entry) }
        return document
    }

    /// The key of this name, from memory or from the peer.
    ///
    /// A name that the remembered keys do not have causes at most one refresh in a minute.
    /// Refused: `signature_invalid` (`key_unknown`) when the peer shows no such key,
    /// `key_unavailable` when it cannot be asked.
    package func key(
        _ id: String, of host: PeerHost, for source: PeerKey.Source
    ) async throws(Denial) -> PeerKey {
        let now = now()
        if let entry = remembered(host, now), let keysAt = entry.keysAt,
            now - keysAt < lifetimes.fresh
        {
            if let key = Self.find(id, source, host, entry.keys) { return key }
            guard budget.takeRefresh(of: host.description, now: now) else {
                throw Denial(.keyUnknown, "key \(id) of \(host); refreshed less than a minute ago")
            }
        }
        let entry = await refreshedKeys(of: host)
        guard let keysAt = entry.keysAt, now - keysAt < Self.longestStaleKeys else {
            throw unavailable(host, entry)
        }
        guard let key = Self.find(id, source, host, entry.keys) else {
            throw Denial(.keyUnknown, "key \(id) of \(host)")
        }
        return key
    }

    /// All keys that are remembered of a host, for pins and for `discover`.
    package func keys(of host: PeerHost) -> [PeerKey] {
        entries.withLock { $0[host]?.keys ?? [] }
    }

    private func remembered(_ host: PeerHost, _ now: Int) -> PeerEntry? {
        entries.withLock { entries in
            guard entries[host] != nil else { return nil }
            entries[host]?.usedAt = now
            return entries[host]
        }
    }

    private func unavailable(_ host: PeerHost, _ entry: PeerEntry) -> Denial {
        Denial(.keyUnavailable, "\(host): \(entry.failure)")
    }

    /// A key is found by its whole name, or by the part behind `#` within the host's own set.
    private static func find(
        _ id: String, _ source: PeerKey.Source, _ host: PeerHost, _ keys: [PeerKey]
    ) -> PeerKey? {
        let own = keys.filter { $0.source == source }
        if let key = own.first(where: { $0.id.utf8.elementsEqual(id.utf8) }) { return key }
        guard source == .jwks, let mark = id.lastIndex(of: "#") else { return nil }
        let name = id[id.index(after: mark)...]
        return own.first { $0.id.utf8.elementsEqual(name.utf8) }
    }

    /// Seconds that a key serves while its host cannot be reached.
    private static let longestStaleKeys = 3600
    /// Hosts that are remembered; the one that was not used for longest goes first.
    private static let capacity = 10_000
}

extension PeerDirectory {
    private func refreshedDocument(of host: PeerHost) async -> PeerEntry {
        await documentFlights.result(for: host) { [self] in
            let now = now()
            if let entry = remembered(host, now) {
                if entry.document != nil, now - entry.documentAt < lifetimes.fresh { return entry }
                if let failedAt = entry.failedAt, now - failedAt < lifetimes.negative {
                    return entry
                }
            }
            guard budget.take(now: now) else {
                return note(host) { $0.failure = "too many fetches at once" }
            }
            let (document, failure) = await PeerDocumentFetch(fetch: fetch).document(of: host)
            return note(host) { entry in
                guard let document else {
                    entry.failedAt = now
                    entry.failure = failure
                    return
                }
                entry.document = document
                entry.documentAt = now
                entry.failedAt = nil
                entry.keys.removeAll { $0.source == .discovery }
                entry.keys += Self.keys(in: document)
            }
        }
    }

    /// The document again, and the key set that it names.
    private func refreshedKeys(of host: PeerHost) async -> PeerEntry {
        await keyFlights.result(for: host) { [self] in
            let now = now()
            if let entry = remembered(host, now), let failedAt = entry.failedAt,
                now - failedAt < lifetimes.negative
            {
                return entry
            }
            // A known document may be the old one: the key that is asked for could be in a new one.
            entries.withLock { entries in
                if entries[host]?.keysAt != nil { entries[host]?.documentAt = 0 }
            }
            let entry = await refreshedDocument(of: host)
            guard case .published(let document)? = entry.document, entry.failedAt == nil else {
                if case .absent? = entry.document, entry.failedAt == nil {
                    return note(host) { ($0.keys, $0.keysAt) = ([], now) }
                }
                return entry
            }
            return await fetchKeySet(of: host, document, now)
        }
    }

    private func fetchKeySet(
        of host: PeerHost, _ document: DiscoveryDocument, _ now: Int
    ) async -> PeerEntry {
        let url =
            document.jwksURI.map {
                $0.scheme.rawValue + "://" + $0.host.description + $0.path
                    + ($0.query.map { "?" + $0 } ?? "")
            } ?? host.origin + "/.well-known/jwks.json"
        let answer = await fetch(host, url, .refused)
        return note(host) { entry in
            let own = Self.keys(in: .published(document))
            switch answer {
            case .answered(200, let body):
                guard let keys = readKeys(body) else {
                    entry.failedAt = now
                    entry.failure = "the key set at \(url) cannot be read"
                    return
                }
                entry.keys = own + keys
                entry.keysAt = now
            case .answered(let status, _) where document.jwksURI == nil && status < 500:
                entry.keys = own
                entry.keysAt = now
            case .answered(let status, _):
                entry.failedAt = now
                entry.failure = "status \(status) at \(url)"
            case .failed(let reason):
                if document.jwksURI == nil, !own.isEmpty {
                    entry.keys = own
                    entry.keysAt = now
                } else {
                    entry.failedAt = now
                    entry.failure = reason
                }
            }
        }
    }

    /// Changes an entry, and makes room for it when it is new.
    private func note(_ host: PeerHost, _ change: (inout PeerEntry) -> Void) -> PeerEntry {
        let now = now()
        return entries.withLock { entries in
            if entries[host] == nil, entries.count >= Self.capacity {
                let oldest = entries.min { $0.value.usedAt < $1.value.usedAt }
                if let oldest { entries[oldest.key] = nil }
            }
            var entry = entries[host] ?? PeerEntry()
            entry.usedAt = now
            change(&entry)
            entries[host] = entry
            return entry
        }
    }

    /// Keys that stand in the document itself; one that cannot be read counts as not shown.
    private static func keys(in document: PeerDocument) -> [PeerKey] {
        guard case .published(let document) = document else { return [] }
        return document.signatureKeys.compactMap { shown in
            guard let id = shown.keyId, let key = try? PublicKey(pem: shown.pem),
                let verification = try? VerificationKey(key)
            else { return nil }
            return PeerKey(id: id, key: verification, source: .discovery)
        }
    }
}
