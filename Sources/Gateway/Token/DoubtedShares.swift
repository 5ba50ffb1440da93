import Synchronization

/// Shares whose secret the backend refused when their data were asked for, and since when.
///
/// It says so of a share that has gone there without a word, but may also do so for a moment while it
/// starts: it ends no share. From ten minutes on the backend is asked again whenever a code is exchanged,
/// and only what it answers then takes a doubt back; data that it gives do not.
final class DoubtedShares: Sendable {
    private let shares = Mutex<[ShareID: Int]>([:])

    func doubt(_ share: ShareID, now: Int) {
        shares.withLock { shares in
            guard shares[share] == nil else { return }
            // Starting anew is rare, and only lets some exchange their codes for a while longer.
            if shares.count >= Self.most { shares.removeAll() }
            shares[share] = now
        }
    }

    /// Whether the backend is to be asked before a token is given.
    func isDoubted(_ share: ShareID, now: Int) -> Bool {
        shares.withLock { shares in
            guard let since = shares[share] else { return false }
            return now - since >= Self.patience
        }
    }

    func trust(_ share: ShareID) { shares.withLock { $0[share] = nil } }

    /// Seconds that a backend may take to come back to itself.
    private static let patience = 600
    private static let most = 4096
}
