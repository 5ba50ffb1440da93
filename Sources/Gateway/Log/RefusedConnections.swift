import Logging
import Transport

/// Tells of connections that were refused, broken off or put off, by the counters of the loops: where that
/// happens, nobody writes lines.
struct RefusedConnections {
    private var known: [Counters.Event: Int] = [:]
    private var next: [Counters.Event: Int] = [:]

    /// A line for each reason that there is a new one of, at most one a minute.
    ///
    /// - Parameter now: seconds of a clock that never steps.
    mutating func tell(_ group: LoopGroup, _ log: GatewayLog, now: Int) {
        for (event, level) in Self.told {
            let total = group.count(of: event)
            let new = total - known[event, default: 0]
            guard new > 0, now >= next[event, default: now] else { continue }
            (known[event], next[event]) = (total, now + 60)
            log.write(
                level, .connectionsRefused,
                [LogEntry(.reason, event.name), LogEntry(.count, new)])
        }
    }

    /// What an operator has to do with, and what the network brings by itself.
    private static let told: [(Counters.Event, Logger.Level)] = [
        (.clientLimit, .notice), (.acceptPaused, .notice), (.acceptFailed, .notice),
        (.proxyHeaderRefused, .notice), (.shed, .notice), (.handshakeFailed, .info),
        (.handshakeTimeout, .info),
    ]
}
