import Synchronization

/// Rates by name: each name has a bucket that fills at one rate up to one size.
///
/// Memory is bounded; when it is full of names that are still in use, new ones are refused.
final class TokenBuckets: Sendable {
    private let buckets = Mutex<[String: TokenBucket]>([:])
    private let full: TokenBucket

    /// - Parameters:
    ///   - perMinute: the rate that can be kept up.
    ///   - burst: how many may come at once.
    init(perMinute: Int, burst: Int) {
        full = TokenBucket(perSecond: Double(perMinute) / 60, burst: burst)
    }

    /// Takes one; false when the bucket is empty. `now` in seconds; a step back fills nothing.
    func take(_ name: String, now: Int) -> Bool {
        buckets.withLock { buckets in
            if buckets[name] == nil, buckets.count >= Self.capacity {
                buckets = buckets.filter { !$0.value.isFull(at: now) }
                guard buckets.count < Self.capacity else { return false }
            }
            return buckets[name, default: full].take(now: now)
        }
    }

    /// Whether nothing is left of it; takes nothing.
    func isEmpty(_ name: String, now: Int) -> Bool { !has(1, name, now: now) }

    /// Whether so many are left of it; takes none.
    func has(_ count: Int, _ name: String, now: Int) -> Bool {
        buckets.withLock { buckets in
            buckets[name].map { $0.level(at: now) >= Double(count) } ?? true
        }
    }

    private static let capacity = 20_000
}
