import Synchronization

/// Shares that peers have taken, with what they answered: the backend sends a share again when it
/// did not wait for the answer, over the older API as a rule.
final class DeliveredShares: Sendable {
    private let bodies = Mutex<[ShareID: [UInt8]]>([:])

    /// What the peer said to a share that it has; nil for one that it may not have.
    func body(of share: ShareID) -> [UInt8]? { bodies.withLock { $0[share] } }

    func remember(_ body: [UInt8], of share: ShareID) {
        bodies.withLock { bodies in
            if bodies.count >= Self.capacity { bodies.removeAll() }
            // An answer is a name or two; what is longer is the peer's affair, not ours to keep.
            bodies[share] = body.count <= Self.longest ? body : Array("{}".utf8)
        }
    }

    private static let capacity = 10_000
    private static let longest = 4096
}
