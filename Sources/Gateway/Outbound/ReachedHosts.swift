import Synchronization
import Transport

/// Servers whose addresses were found to be such that may be dialled, for a minute.
///
/// Only so that a CONNECT can be refused for its address: every dial judges anew.
final class ReachedHosts: Sendable {
    private let client: OutboundClient
    private let until = Mutex<[Authority: Int]>([:])

    init(_ client: OutboundClient) { self.client = client }

    /// - Parameter now: milliseconds of a clock that never steps.
    func contains(_ target: Authority, at now: Int) -> Bool {
        until.withLock { ($0[target] ?? .min) > now }
    }

    /// Resolves and judges; what failed, or nil.
    func ask(
        _ target: Authority, at now: Int, as acquaintance: Acquaintance = .known
    ) async -> UpstreamFailure? {
        if let failure = await client.judge(target, as: acquaintance) { return failure }
        until.withLock { until in
            if until.count >= Self.capacity { until.removeAll() }
            until[target] = now + Self.lifetime
        }
        return nil
    }

    private static let capacity = 2000
    /// Milliseconds.
    private static let lifetime = 60_000
}
