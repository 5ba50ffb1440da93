import Federation
import Transport

/// Another configuration for a gateway that runs: what of it takes effect at once, and what waits for
/// the next start.
struct ConfigurationChange: Sendable {
    /// As the one that runs, but for what may change.
    let merged: Configuration
    /// The keys that take effect now, in their order.
    let taken: [String]
    /// The keys that say something else, and wait.
    let waiting: [String]

    init(from running: Configuration, to next: Configuration) {
        var merged = running
        merged.tls = next.tls
        let keepsPlaces = running.listeners.map(\.place) == next.listeners.map(\.place)
        let keepsName = running.site.origin == next.site.origin
        if keepsPlaces, keepsName {
            merged.listeners = next.listeners
        } else {
            // Those that stay find their certificates, and a site that is called so until then the one of its
            // name.
            let staying = keepsName ? running.listeners.compactMap(\.tls) : Array(running.tls.keys)
            for name in staying where merged.tls[name] == nil {
                merged.tls[name] = running.tls[name]
            }
        }
        merged.policy.candidate = next.policy.candidate
        merged.limits.headers = next.limits.headers
        merged.limits.headerCount = next.limits.headerCount
        merged.limits.requestHead = next.limits.requestHead
        merged.limits.keepAlive = next.limits.keepAlive
        merged.limits.requestsPerConnection = next.limits.requestsPerConnection
        self.merged = merged
        let values = EffectiveConfiguration.values(of: running)
        let (new, wanted) = (
            EffectiveConfiguration.values(of: merged), EffectiveConfiguration.values(of: next)
        )
        taken = Self.differences(values, new)
        waiting = Self.differences(new, wanted)
    }

    private static func differences(
        _ left: [String: JSONValue], _ right: [String: JSONValue]
    ) -> [String] {
        Set(left.keys).union(right.keys).filter { left[$0] != right[$0] }.sorted()
    }
}

extension Configuration.ListenSettings {
    /// What a listener keeps as long as it listens.
    fileprivate var place: [String] { [address.description, "\(purpose)", "\(tls == nil)"] }
}

/// What came of reading the configuration and the certificates again.
package struct ConfigurationReload: Sendable, Equatable {
    /// The keys whose new values count from now on.
    package var taken: [String] = []
    /// The keys whose new values count from the next start on.
    package var waiting: [String] = []
    /// The files of certificates that are shown from now on.
    package var renewed: [String] = []
    /// Why something stays as it was; nil when nothing is wrong.
    package var problem: String?
    /// Why a candidate that it names anew is not tried; nil when nothing is wrong with it, or the
    /// configuration names the same one as before.
    package var candidateProblem: String?
    /// What was not read again, and why; nil when all was.
    package var note: String?
}
