import Synchronization
import Transport

/// How often peers can make us fetch something: a bucket for all of them, of which strangers may
/// not take the last quarter, nor any one network more than a quarter once it is half empty, and one slot
/// per host and minute for a key id that we do not know, or whose key does not verify what it should
/// (security design, item 67; settled questions, 6).
///
/// A slot is taken before the fetch and stays taken whatever the fetch brings, so nobody gets it for whom there
/// would be none.
final class FetchBudget: Sendable {
    private struct State {
        var bucket = TokenBucket(perSecond: 10, burst: FetchBudget.burst)
        var refreshedAt: [String: Int] = [:]
    }

    private let state = Mutex(State())
    /// What each network may take once the common bucket is half empty: a quarter of its size, at a quarter of
    /// its rate.
    private let parts = TokenBuckets(perMinute: 150, burst: 10)

    /// Takes one fetch out of the common bucket; false when it is empty for this host, or for who causes it.
    ///
    /// - Parameter client: from where a message came that nobody has verified, and may be in any host's name;
    ///   nil for what is not fetched for such a one.
    func take(for host: Acquaintance, by client: IPAddress? = nil, now: Int) -> Bool {
        state.withLock { state in
            let left = state.bucket.level(at: now)
            guard left >= Self.kept(from: host) + 1 else { return false }
            if let client, left < Self.half + 1 {
                guard parts.take("\(client.network)", now: now) else { return false }
            }
            return state.bucket.take(now: now)
        }
    }

    /// Whether there is enough for so many fetches; takes nothing.
    func has(
        _ count: Int, for host: Acquaintance, by client: IPAddress? = nil, now: Int
    ) -> Bool {
        state.withLock { state in
            let left = state.bucket.level(at: now)
            guard left >= Self.kept(from: host) + Double(count) else { return false }
            guard let client, left < Self.half + Double(count) else { return true }
            return parts.has(count, "\(client.network)", now: now)
        }
    }

    /// What is kept from a host for others.
    private static func kept(from host: Acquaintance) -> Double {
        switch host {
        case .known: 0
        case .stranger: reserve
        }
    }

    /// Takes the one refresh of this minute that a key id, or with a name of its own an outdated
    /// document, may cause at this host.
    func takeRefresh(of host: String, now: Int) -> Bool {
        state.withLock { state in
            if let last = state.refreshedAt[host], now - last < Self.refreshInterval {
                return false
            }
            if state.refreshedAt.count >= Self.rememberedHosts {
                state.refreshedAt = state.refreshedAt.filter {
                    now - $0.value < Self.refreshInterval
                }
                guard state.refreshedAt.count < Self.rememberedHosts else { return false }
            }
            state.refreshedAt[host] = now
            return true
        }
    }

    /// When the last such refresh of a host was taken; nil when none is remembered.
    func refreshedAt(_ host: String) -> Int? {
        state.withLock { $0.refreshedAt[host] }
    }

    private static let burst = 40
    private static let half = Double(burst) / 2
    private static let reserve = 10.0
    private static let refreshInterval = 60
    private static let rememberedHosts = 10_000
}
