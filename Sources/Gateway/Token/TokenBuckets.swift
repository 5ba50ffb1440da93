import Synchronization

/// Rates by name: each name has a bucket that fills at one rate up to one size.
///
/// Memory is bounded; when it is full of names that are still in use, new ones are refused.
final class TokenBuckets: Sendable {
    private struct Bucket {
        var tokens: Double
        var filledAt: Int
    }

    private let buckets = Mutex<[String: Bucket]>([:])
    private let perSecond: Double
    private let size: Double

    /// - Parameters:
    ///   - perMinute: the rate that can be kept up.
    ///   - burst: how many may come at once.
    init(perMinute: Int, burst: Int) {
        perSecond = Double(perMinute) / 60
        size = Double(burst)
    }

    /// Takes one; false when the bucket is empty. `now` in seconds; a step back fills nothing.
    func take(_ name: String, now: Int) -> Bool {
        buckets.withLock { buckets in
            if buckets[name] == nil, buckets.count >= Self.capacity {
                buckets = buckets.filter { !isFull($0.value, now) }
                guard buckets.count < Self.capacity else { return false }
            }
            var bucket = buckets[name] ?? Bucket(tokens: size, filledAt: now)
            bucket.tokens = level(bucket, now)
            bucket.filledAt = max(bucket.filledAt, now)
            guard bucket.tokens >= 1 else {
                buckets[name] = bucket
                return false
            }
            bucket.tokens -= 1
            buckets[name] = bucket
            return true
        }
    }

    /// Whether nothing is left of it; takes nothing.
    func isEmpty(_ name: String, now: Int) -> Bool { !has(1, name, now: now) }

    /// Whether so many are left of it; takes none.
    func has(_ count: Int, _ name: String, now: Int) -> Bool {
        buckets.withLock { buckets in
            buckets[name].map { level($0, now) >= Double(count) } ?? true
        }
    }

    private func level(_ bucket: Bucket, _ now: Int) -> Double {
        min(size, bucket.tokens + Double(max(0, now - bucket.filledAt)) * perSecond)
    }

    private func isFull(_ bucket: Bucket, _ now: Int) -> Bool { level(bucket, now) >= size }

    private static let capacity = 20_000
}
