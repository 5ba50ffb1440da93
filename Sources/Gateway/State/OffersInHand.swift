import Federation
import OpenSSL
import Synchronization

/// The shares of one direction whose messages are being carried out, from the moment that they are known to
/// speak for somebody until they have their answer. What an owner says of such a share waits for it: before,
/// the registry may not know what is meant.
///
/// Nobody waits longer than the message of the share takes, however that ends, nor for one that came later.
final class OffersInHand: Sendable {
    private let state = Mutex(State())
    private let capacity: Int

    private struct State {
        var offers: [ProviderID: [Offer]] = [:]
        var count = 0
    }

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// Takes a share in hand; whoever did so ends it. Nil when there are too many.
    ///
    /// - Parameters:
    ///   - peers: those that may turn out to be the other side.
    ///   - secrets: by which the other side knows it.
    func begin(
        _ name: ProviderID, of peers: [PeerHost], knownBy secrets: [Secret] = []
    ) -> Offer? {
        let offer = Offer(name, of: peers, knownBy: secrets)
        let hasRoom = state.withLock { state in
            guard state.count < capacity else { return false }
            state.count += 1
            state.offers[name, default: []].append(offer)
            return true
        }
        return hasRoom ? offer : nil
    }

    /// It has its answer, or will have none: whoever waits for it goes on.
    func end(_ offer: Offer?) {
        guard let offer else { return }
        state.withLock { state in
            guard let named = state.offers.index(forKey: offer.name),
                let place = state.offers.values[named].firstIndex(where: { $0 === offer })
            else { return }
            state.offers.values[named].remove(at: place)
            if state.offers.values[named].isEmpty { state.offers.remove(at: named) }
            state.count -= 1
        }
        offer.end()
    }

    /// Those of this name that may be of a peer.
    func find(_ name: ProviderID, of peer: PeerHost) -> [Offer] {
        named(name).filter { $0.peers.contains(peer) }
    }

    /// Those of this name that somebody means who shows a secret.
    func find(_ name: ProviderID, knownBy secret: Secret) -> [Offer] {
        named(name).filter { $0.secrets.contains(secret) }
    }

    private func named(_ name: ProviderID) -> [Offer] {
        state.withLock { $0.offers[name] ?? [] }
    }

    /// A share that is in hand.
    final class Offer: Sendable {
        fileprivate let name: ProviderID
        fileprivate let peers: [PeerHost]
        fileprivate let secrets: [Secret]
        private let state = Mutex(State())

        private struct State {
            var isOver = false
            var waiting: [CheckedContinuation<Void, Never>] = []
        }

        fileprivate init(
            _ name: ProviderID, of peers: [PeerHost], knownBy secrets: [Secret]
        ) {
            self.name = name
            self.peers = peers
            self.secrets = secrets
        }

        /// Returns when it is not in hand any more.
        func over() async {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if !state.isOver { state.waiting.append(continuation) }
                    return state.isOver
                }
                if isOver { continuation.resume() }
            }
        }

        fileprivate func end() {
            let waiting = state.withLock { state in
                state.isOver = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for continuation in waiting { continuation.resume() }
        }
    }
}
