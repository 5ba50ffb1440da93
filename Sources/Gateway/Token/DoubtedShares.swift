import Synchronization

/// In whose name the backend is asked whether it takes a secret: it may count a refusal as a guess at a
/// password, against the address of that one.
enum Asker: Sendable {
    case client
    /// The gateway, which tells of no client.
    case gateway
}

/// Shares whose secret the backend refused when their data were asked for: it is shown that again only after
/// pauses, which grow with each refusal.
///
/// The backend says so of a share that has gone there without a word, but may also do so for a moment: it
/// ends no share. Only backends that are shown it by `Basic` are heard.
final class DoubtedShares: Sendable {
    /// What is known of a share whose secret was refused.
    struct Doubt: Sendable, Equatable {
        /// Whether the backend is to be asked now; who comes next has to wait.
        let mayAsk: Bool
        /// Whether it refused for longer than a backend needs to come back to itself.
        let isLasting: Bool
        /// Seconds until it may be asked again.
        let pause: Int
    }

    private struct Entry {
        let since: Int
        /// When it was refused last.
        var refused: Int
        var pause: Int
        var asksAt: Int
        /// Who asked last, until that is refused.
        var asker: Asker?
    }

    private struct State {
        var shares: [ShareID: Entry] = [:]
        /// When what the gateway asked in its own name was refused, of whatever share.
        var ownRefusals: [Int] = []

        /// Whether the gateway may be refused once more, also where all that is under way is refused.
        mutating func takesRefusal(now: Int) -> Bool {
            ownRefusals.removeAll { now - $0 >= DoubtedShares.memory }
            let underWay = shares.values.count(where: { $0.asker == .gateway && now < $0.asksAt })
            return ownRefusals.count + underWay < DoubtedShares.mostOwnRefusals
        }
    }

    private let state = Mutex(State())

    /// The backend answered somebody who showed the secret of a share.
    ///
    /// - Parameter now: seconds of the clock that never steps.
    func heard(_ status: Int, of share: ShareID, now: Int) {
        switch status {
        case 401: state.withLock { Self.refuse(share, &$0, now: now) }
        // Only who was let in is told what else is wrong; to come later, to go elsewhere and of trouble is
        // told whoever asks.
        case 200..<300, 304, 400..<429, 430..<500, 507:
            state.withLock { $0.shares[share] = nil }
        case _: break
        }
    }

    private static func refuse(_ share: ShareID, _ state: inout State, now: Int) {
        guard var entry = state.shares[share] else {
            // Starting anew is rare, and only lets the backend be asked more often.
            if state.shares.count >= most { state.shares.removeAll() }
            state.shares[share] = Entry(
                since: now, refused: now, pause: shortest, asksAt: now + shortest, asker: nil)
            return
        }
        // What was under way before the first refusal says nothing new.
        guard let asker = entry.asker else { return }
        if asker == .gateway { state.ownRefusals.append(now) }
        entry.asker = nil
        entry.refused = now
        entry.pause = min(entry.pause * 2, longest)
        entry.asksAt = now + entry.pause
        state.shares[share] = entry
    }

    /// What becomes of a request that would show the secret of a share; nil for one that nobody doubts.
    ///
    /// - Parameter asker: in whose name the backend is asked where it may be.
    func doubt(of share: ShareID, asking asker: Asker, now: Int) -> Doubt? {
        state.withLock { state in
            guard var entry = state.shares[share] else { return nil }
            var mayAsk = now >= entry.asksAt
            if mayAsk, asker == .gateway { mayAsk = state.takesRefusal(now: now) }
            if mayAsk {
                entry.asksAt = now + Self.shortest
                entry.asker = asker
                state.shares[share] = entry
            }
            let isWaiting = now < entry.asksAt
            return Doubt(
                mayAsk: mayAsk, isLasting: entry.refused - entry.since >= Self.patience,
                pause: isWaiting ? entry.asksAt - now : Self.shortest)
        }
    }

    /// Seconds that a backend may take to come back to itself.
    private static let patience = 600
    /// Seconds between two questions.
    private static let shortest = 60
    private static let longest = 6 * 3600
    private static let most = 4096
    /// Seconds for which a backend remembers a refusal, and how many it may remember of the gateway: at the
    /// tenth Nextcloud hears no more of an address, its good secrets neither, and it slows down before.
    private static let memory = 1800
    private static let mostOwnRefusals = 6
}
