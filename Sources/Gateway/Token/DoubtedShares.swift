import Synchronization

/// Shares whose secret the backend refused when their data were asked for: it is shown that again only after
/// pauses, which grow.
///
/// The backend says so of a share that has gone there without a word, but may also do so for a moment: it
/// ends no share. It may count each refusal as a guess at a password, against all of the address that asked.
final class DoubtedShares: Sendable {
    /// What is known of a share whose secret was refused.
    struct Doubt: Sendable, Equatable {
        /// Whether the backend is to be asked now; who comes next has to wait.
        let mayAsk: Bool
        /// Whether it has gone on for longer than a backend needs to come back to itself.
        let isLasting: Bool
        /// Seconds until it may be asked again.
        let pause: Int
    }

    private struct Entry {
        let since: Int
        var pause: Int
        var asksAt: Int
    }

    private let shares = Mutex<[ShareID: Entry]>([:])

    /// The backend answered somebody who showed the secret of a share.
    ///
    /// - Parameter now: seconds of the clock that never steps.
    func heard(_ status: Int, of share: ShareID, now: Int) {
        switch status {
        case 401:
            shares.withLock { shares in
                guard shares[share] == nil else { return }
                // Starting anew is rare, and only lets the backend be asked more often.
                if shares.count >= Self.most { shares.removeAll() }
                shares[share] = Entry(
                    since: now, pause: Self.shortest, asksAt: now + Self.shortest)
            }
        // Who is let in is told what is not there.
        case 200..<300, 404: shares.withLock { $0[share] = nil }
        case _: break
        }
    }

    func isDoubted(_ share: ShareID) -> Bool { shares.withLock { $0[share] != nil } }

    /// What becomes of a request that would show the secret of a share; nil for one that nobody doubts.
    func doubt(of share: ShareID, now: Int) -> Doubt? {
        shares.withLock { shares in
            guard var entry = shares[share] else { return nil }
            let mayAsk = now >= entry.asksAt
            if mayAsk {
                entry.pause = min(entry.pause * 2, Self.longest)
                entry.asksAt = now + entry.pause
                shares[share] = entry
            }
            return Doubt(
                mayAsk: mayAsk, isLasting: now - entry.since >= Self.patience,
                pause: entry.asksAt - now)
        }
    }

    /// Seconds that a backend may take to come back to itself.
    private static let patience = 600
    /// Seconds between two questions.
    private static let shortest = 60
    private static let longest = 6 * 3600
    private static let most = 4096
}
