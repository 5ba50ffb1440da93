import Synchronization

/// Tells people on standard error how far slow work is: nothing in the first two seconds, then a line
/// every two.
final class SlowWork: Sendable {
    private let next: Mutex<ContinuousClock.Instant>

    init() {
        next = Mutex(.now + Self.pause)
    }

    func tell(_ text: @autoclosure () -> String) {
        let isDue = next.withLock { next in
            guard .now >= next else { return false }
            next = .now + Self.pause
            return true
        }
        if isDue { Output.error(text()) }
    }

    private static let pause = Duration.seconds(2)
}
