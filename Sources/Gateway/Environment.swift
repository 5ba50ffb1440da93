import Foundation

/// What the gateway takes from the world besides the network, as values made in one place, so that
/// a test can make other ones.
package struct Environment: Sendable {
    /// Wall time in seconds since 1970.
    package var now: @Sendable () -> Int
    /// A clock that never steps, in microseconds, for intervals and timings.
    package var monotonicMicroseconds: @Sendable () -> Int

    /// The same clock in milliseconds.
    package func monotonicMilliseconds() -> Int { monotonicMicroseconds() / 1000 }

    /// The same clock in seconds.
    package func monotonicSeconds() -> Int { monotonicMicroseconds() / 1_000_000 }

    /// The same clock in seconds, with their parts.
    func preciseMonotonicSeconds() -> Double { Double(monotonicMicroseconds()) / 1e6 }

    /// The clocks of this machine.
    package static let live: Environment = {
        let start = ContinuousClock.now
        return Environment(
            now: { Int(Date().timeIntervalSince1970) },
            monotonicMicroseconds: {
                Int((ContinuousClock.now - start).attoseconds / 1_000_000_000_000)
            })
    }()
}
