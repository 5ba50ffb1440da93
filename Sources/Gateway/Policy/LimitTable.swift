import Federation
import OpenSSL
import Synchronization

/// The meters of all limits of a policy, and of the guard against ping-pong.
///
/// A meter outlives its policy: a limit that has the same name, holders and kind in the next one goes
/// on counting where it was, whatever its numbers are then.
final class LimitTable: Sendable {
    /// What makes a limit the same one in another version of the policy.
    struct Identity: Hashable, Sendable, CustomStringConvertible {
        let description: String

        init(_ limit: Limit) {
            let kind =
                switch limit.measure {
                case .rate: "rate"
                case .bytes: "bytes"
                case .distinct(let fact, _): "distinct \(fact.rawValue)"
                case .concurrent: "concurrent"
                }
            description = "\(limit.label) per \(limit.per.rawValue), \(kind)"
        }

        private init(_ text: String) { description = text }

        static let pingPong = Identity(Policy.pingPongLabel)
    }

    /// A meter, and what it measures.
    struct Place: Sendable {
        let identity: Identity
        let meter: LimitMeter
        let measure: Limit.Measure
    }

    let hash: SipHash
    private let meters = Mutex<[Identity: LimitMeter]>([:])

    /// - Parameter key: hashes the names that peers choose.
    init(_ key: HMACKey) {
        hash = SipHash(key: Array(key.authenticate(Array("limits".utf8)).prefix(16)))
    }

    /// The meters of a policy's limits, in its order; the first is the guard's. Those of limits that
    /// it does not have any more are forgotten.
    func places(for policy: Policy) -> [Place] {
        meters.withLock { meters in
            let old = meters
            meters = [:]
            var places: [Place] = []
            for (identity, measure) in Self.all(policy) {
                let meter = old[identity] ?? LimitMeter()
                meters[identity] = meter
                places.append(Place(identity: identity, meter: meter, measure: measure))
            }
            return places
        }
    }

    private static func all(_ policy: Policy) -> [(Identity, Limit.Measure)] {
        let guarded = Limit.Measure.rate(Policy.pingPongRate, burst: Policy.pingPongRate.count)
        return [(.pingPong, guarded)] + policy.limits.map { (Identity($0), $0.measure) }
    }
}
