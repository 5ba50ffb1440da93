import Federation
import OpenSSL
import Synchronization
import Transport

/// The documents that the gateway serves of the site: discovery, key set, `/ocs-provider/`.
///
/// They are made when the backend's own document has been fetched, and again when that, the policy
/// or the keys change; a request is answered from memory. Until the backend has answered once, discovery
/// is 503: peers remember a wrong document for a day, a failure for five minutes.
final class PublishedDocuments: Sendable {
    /// Which of the documents.
    enum Name: Sendable {
        case discovery, keySet, ocsProvider
    }

    private struct State {
        /// One for each name of the site: Nextcloud wants the key under the name that it asked, and other peers
        /// take an end point at that alone.
        var discovery: [PeerHost: Answer] = [:]
        var ocsProvider: Answer?
        var keySet: Answer
        /// When the key set has a key less, Unix seconds.
        var keysEnd: Int?
        var isStopped = false
        /// Why the backend's document was not found when it was asked last, and when it was, by the time
        /// that never steps.
        var missing: BackendInquiry.Missing?
        var missedAt: Int?
        var pause = InquiryPause()
    }

    private let state: Mutex<State>
    private let keys: KeyHolder
    private let site: Site
    private let environment: Environment
    private let backend: BackendServer
    private let policy: PolicyHolder
    private let template: ServedDiscovery
    private let criteria: [DiscoveryDocument.Criterion]?
    private let profile: Configuration.Profile
    private let flight = SingleFlight<Int, Bool>()

    /// - Parameters:
    ///   - template: without the key of draft-cavage, which is that of `keys`.
    ///   - criteria: the explicit list of the configuration; nil for what the policy demands under `profile`.
    ///   - site: whose names its keys are named after.
    init(
        backend: BackendServer, policy: PolicyHolder, template: ServedDiscovery,
        criteria: [DiscoveryDocument.Criterion]?, profile: Configuration.Profile,
        keys: KeyHolder, site: Site, environment: Environment
    ) {
        self.backend = backend
        self.policy = policy
        self.template = template
        self.criteria = criteria
        self.profile = profile
        self.keys = keys
        self.site = site
        self.environment = environment
        let (ring, now) = (keys.current, environment.now())
        state = Mutex(
            State(
                keySet: Self.document(ring.keySet(for: site.hosts, now: now)),
                keysEnd: ring.nextEnd(after: now)))
    }

    /// The document from memory; nil when it is not there yet.
    ///
    /// - Parameter host: the name of the site that is asked.
    func answer(_ name: Name, at host: PeerHost) -> Answer? {
        switch name {
        case .keySet: state.withLock { $0.keySet }
        case .discovery: state.withLock { $0.discovery[host] }
        case .ocsProvider: state.withLock { $0.ocsProvider }
        }
    }

    /// The same, after asking the backend, unless it had none a moment ago, or is left alone: whoever asks again
    /// and again costs it nothing.
    func answer(_ name: Name, at host: PeerHost, asking loop: LoopHandle) async -> Answer? {
        let now = environment.monotonicMilliseconds()
        let isAsked = state.withLock { state in
            state.missedAt.map { now - $0 >= state.pause.seconds * 1000 } ?? true
        }
        if isAsked { await refresh(on: loop) }
        return answer(name, at: host)
    }

    /// Fetches the backend's document from whichever of its places has it.
    ///
    /// - Returns: whether one was found now; what was found before stays when none is.
    @discardableResult
    func refresh(on loop: LoopHandle) async -> Bool {
        await flight.result(for: 0) { [self] in
            let inquiry = BackendInquiry(
                backend: backend, hosts: site.hosts,
                isWanted: { self.state.withLock { !$0.isStopped } })
            switch await inquiry.document(on: loop) {
            case .found(let document, let version):
                state.withLock { state in
                    (state.missing, state.missedAt, state.pause) = (nil, nil, InquiryPause())
                }
                backend.learn(document, statusVersion: version)
                rebuild()
                return true
            case .missing(let missing):
                let now = environment.monotonicMilliseconds()
                state.withLock { state in
                    state.missing = state.isStopped ? nil : missing
                    state.missedAt = now
                    state.pause.note(missing)
                }
                return false
            }
        }
    }

    /// Why the backend's document was not found, when it was asked last; nil when it was.
    var missing: BackendInquiry.Missing? { state.withLock { $0.missing } }

    /// Until the backend is asked again that had none.
    var pause: Duration { state.withLock { .seconds($0.pause.seconds) } }

    /// Nothing is asked from now on: the loops are about to end.
    func stop() { state.withLock { $0.isStopped = true } }

    /// Makes the documents anew from what is known, after the policy has changed, say.
    func rebuild() { state.withLock { rebuild(&$0) } }

    /// Puts other keys in force: they sign from the moment on at which the documents show them, since
    /// draft-cavage knows no overlap (`protocol.md` 9.8).
    func take(_ ring: KeyRing) {
        state.withLock { state in
            keys.swap(ring)
            rebuild(&state)
        }
    }

    /// Takes keys out whose time is over.
    func dropEndedKeys() {
        state.withLock { state in
            guard let end = state.keysEnd, end <= environment.now() else { return }
            rebuild(&state)
        }
    }

    private func rebuild(_ state: inout State) {
        let (ring, now) = (keys.current, environment.now())
        state.keySet = Self.document(ring.keySet(for: site.hosts, now: now))
        state.keysEnd = ring.nextEnd(after: now)
        let view = backend.view
        guard let document = view.document else { return }
        var served = template
        served.criteria = criteria ?? demanded
        for host in site.hosts {
            served.asked = site.origin(of: host)
            served.signatureKey = ring.cavageKey.flatMap {
                ServedDiscovery.SignatureKey(
                    keyId: $0.cavageID(for: host), pem: $0.key.publicKey.pem)
            }
            state.discovery[host] = Self.document(served.document(for: backend.kind, document))
        }
        state.ocsProvider = Self.document(
            OCSProviderDocument.served(
                webdav: (view.bareWebDAV ?? view.webdav) + "/",
                api: policy.current.mayAllow(Occasion(.ocs, .inbound)) ? .open : .closed))
    }

    /// What the policy demands, as far as the profile enforces it, and what the profile itself does.
    private var demanded: [DiscoveryDocument.Criterion] {
        let ofPolicy = policy.current.criteria.compactMap(
            DiscoveryDocument.Criterion.init(rawValue:))
        switch profile {
        case .observe: return []
        case .bridge: return ofPolicy
        case .strict:
            return ofPolicy.contains(.mustUseHTTPSig) ? ofPolicy : [.mustUseHTTPSig] + ofPolicy
        }
    }

    /// Five minutes are as long as Nextcloud remembers that there was none.
    private static func document(_ body: [UInt8]) -> Answer {
        Answer(
            status: 200,
            fields: [
                ("content-type", "application/json"), ("cache-control", "public, max-age=300"),
            ], body: body)
    }
}
