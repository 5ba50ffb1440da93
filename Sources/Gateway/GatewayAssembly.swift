package import Federation
import Foundation
import Logging
import OpenSSL
package import Transport

/// Putting a gateway together from its configuration.
extension RunningGateway {
    static func assemble(
        _ configuration: Configuration, _ loaded: Policy, candidate: Policy?, _ log: GatewayLog,
        _ environment: Environment, _ group: LoopGroup, _ material: Material, lock: StoreLock?,
        _ progress: StartProgress? = nil
    ) throws -> Gateway {
        guard
            let site = Site(
                origin: configuration.site.origin, aliases: configuration.site.aliases)
        else { throw StartFailure("site.origin cannot be used: \(configuration.site.origin)") }
        let now = environment.now()
        let seal = material.seal
        let backend = try backendServer(configuration, site, material, log)
        let client = try outboundClient(configuration, group, material.client)
        let candidateFile = CandidateFile(configuration.policy.candidate)
        let (lists, candidateLists) = listKeepers(
            configuration, candidateFile, environment, client, log)
        let underWay = UnderWay()
        progress?.does(.state)
        let store = try openStore(configuration, seal, now: now, underWay, lock, log)
        let live = lists.fill(loaded)
        let policy = PolicyHolder(
            live,
            candidate: candidate.map { candidateLists.fill($0, beside: live) },
            key: seal.hmac(for: .limit))
        do {
            progress?.does(.shares)
            try store.name(site.host)
            try policy.limits.load(
                store, policy.snapshot.live.places, at: LimitTable.Moment(environment))
            let orders = try OrderBox(configuration.state.file, seal)
            try orders.open()
            let keys = KeyHolder(material.newestRing(configuration, log, now: now))
            let (pins, generations) = (
                try PinBook(store), try PeerGenerations(store, of: .peer)
            )
            return Gateway(
                Gateway.Parts(
                    configuration: configuration, site: site, environment: environment,
                    backend: backend, policy: policy, lists: lists,
                    candidateFile: candidateFile, candidateLists: candidateLists, keys: keys,
                    peers: peerDirectory(
                        configuration, client, environment, log,
                        standing: { policy.current.standing(of: $0, now: environment.now()) },
                        hasSigned: { !pins[$0].isEmpty || generations[$0] > .none }),
                    outbound: client, store: store, orders: orders,
                    registry: try ShareRegistry(store, seal),
                    replays: try replays(configuration, store, seal, environment),
                    pins: pins, pastKeys: try PastKeys(store), generations: generations,
                    accepted: try PeerGenerations(store, of: .us),
                    contacts: try ContactBook(store, seal), holds: try HoldBook(store, seal),
                    sender: client.sender(),
                    pseudonym: seal.pseudonym(of: site.origin),
                    sealer: try tokenSealer(seal, site),
                    published: PublishedDocuments(
                        backend: backend, policy: policy,
                        template: served(configuration, site),
                        criteria: configuration.discovery.criteria,
                        profile: configuration.profile,
                        keys: keys, site: site, environment: environment),
                    log: log,
                    journal: try JournalKeeping(
                        configuration, live, site, seal, material.journal, environment, log,
                        store, underWay),
                    underWay: underWay,
                    fingerprint: seal.hmac(for: .fingerprint)))
        } catch {
            store.close()
            throw StartFailure("\(error)")
        }
    }

    /// Opens the state. That it was brought to another schema is told at once: it is so also where the start
    /// fails later.
    private static func openStore(
        _ configuration: Configuration, _ seal: SealKey, now: Int, _ underWay: UnderWay,
        _ lock: StoreLock?, _ log: GatewayLog
    ) throws(StartFailure) -> Store {
        let store: Store
        do {
            store = try Store.open(
                configuration.state.file, seal, now: now, underWay: underWay, lock: lock)
        } catch { throw StartFailure(error.description) }
        if let migration = store.migration {
            log.write(
                .notice, .stateMigrated,
                [
                    LogEntry(.file, migration.path), LogEntry(.from, migration.from),
                    LogEntry(.to, migration.to), LogEntry(.copy, migration.copy),
                ])
        }
        return store
    }

    private static func replays(
        _ configuration: Configuration, _ store: Store, _ seal: SealKey, _ environment: Environment
    ) throws -> ReplayCache {
        try ReplayCache(
            store, seal,
            limits: .init(
                window: configuration.signature.window.wholeSeconds,
                skew: configuration.signature.skew.wholeSeconds),
            knownFrom: store.born,
            lostBefore: store.isUnmarked ? environment.now() : nil,
            now: environment.now(), monotonic: environment.monotonicMilliseconds())
    }

    /// Who keeps the lists of the policy, and who those of the candidate.
    private static func listKeepers(
        _ configuration: Configuration, _ candidate: CandidateFile, _ environment: Environment,
        _ client: OutboundClient, _ log: GatewayLog
    ) -> (policy: ListKeeper, candidate: ListKeeper) {
        let state = configuration.state.file
        let world = ListKeeper.World(now: environment.now, fetch: { await client.get($0) })
        let apart = ListFolder(state: state, of: .candidate)
        return (
            ListKeeper(ListFolder(state: state), world, log: log, as: .policy(before: apart)),
            ListKeeper(apart, world, log: log, as: .candidate(candidate))
        )
    }

    /// Seals and opens the access tokens of a site.
    package static func tokenSealer(_ seal: SealKey, _ site: Site) throws -> TokenSealer {
        TokenSealer(
            .init(id: 1, key: try seal.aead(for: .token)), audience: site.origin,
            others: site.aliases.map(site.origin(of:)))
    }

    private static func served(
        _ configuration: Configuration, _ site: Site
    ) -> ServedDiscovery {
        ServedDiscovery(
            origin: site.origin, provider: configuration.site.provider,
            verifiesRFC9421: configuration.signature.accept.contains(.rfc9421),
            tokenPath: configuration.token.path,
            fromBackend: configuration.discovery.fromBackend,
            backend: configuration.backend.names)
    }

    private static func backendServer(
        _ configuration: Configuration, _ site: Site, _ material: Material, _ log: GatewayLog
    ) throws -> BackendServer {
        let settings = configuration.backend
        var limits = UpstreamLimits()
        limits.connect = settings.connect
        limits.firstByte = settings.headers
        limits.idle = settings.idle
        let security = settings.tlsName.map {
            UpstreamSecurity(context: material.client, serverName: $0)
        }
        return BackendServer(
            kind: settings.kind,
            upstream: Upstream(
                settings.endpoint, security: security, announcement: settings.announcement,
                limits: limits, health: UpstreamHealth { log.tell($0) }),
            head: try BackendHead(
                host: settings.host, scheme: site.scheme, authority: site.host.description),
            timeouts: .init(headers: settings.headers, pages: settings.pages),
            tokenPath: configuration.token.path,
            origin: site.origin, hosts: settings.names)
    }

    /// The client of the gateway's own requests.
    package static func outboundClient(
        _ configuration: Configuration, _ group: LoopGroup
    ) throws -> OutboundClient {
        try outboundClient(configuration, group, clientContext(configuration))
    }

    private static func outboundClient(
        _ configuration: Configuration, _ group: LoopGroup, _ context: TLSContext
    ) throws -> OutboundClient {
        var outbound = OutboundConfiguration(
            tls: context,
            guarding: AddressGuard(
                allowing: configuration.outbound.allowPrivate, own: AddressGuard.ownAddresses))
        outbound.resolve = configuration.outbound.resolve
        outbound.proxy = configuration.outbound.proxy
        outbound.connect = configuration.outbound.connect
        outbound.headers = configuration.outbound.headers
        outbound.total = configuration.outbound.total
        outbound.maxResponse = configuration.outbound.maxResponse
        return OutboundClient(outbound, on: group)
    }

    /// Peers by this client.
    ///
    /// - Parameters:
    ///   - standing: what the lists say of a host. One that a peer names in the place of its own, for its
    ///     key set, need be on none of them (`settled.md` 12).
    ///   - hasSigned: whether a host has ever signed a message that was taken. Such a one, and one that
    ///     an entry of a list names itself, are no strangers: whoever is below an entry, or another port
    ///     of it, can be invented by anybody.
    package static func peerDirectory(
        _ configuration: Configuration, _ client: OutboundClient, _ environment: Environment,
        _ log: GatewayLog, patience: Duration = .seconds(3),
        standing: @escaping @Sendable (PeerHost) -> Standing? = { _ in nil },
        hasSigned: @escaping @Sendable (PeerHost) -> Bool = { _ in false }
    ) -> PeerDirectory {
        let settings = configuration.discovery
        return PeerDirectory(
            lifetimes: .init(
                fresh: settings.fresh.wholeSeconds,
                staleIfError: settings.staleIfError.wholeSeconds,
                negative: settings.negative.wholeSeconds),
            .init(
                now: { environment.monotonicSeconds() },
                fetch: { host, url, acquaintance in
                    await client.get(host, url, acquaintance, log)
                },
                refusal: { host, peer in
                    if !configuration.outbound.takesPort(of: host, namedBy: peer) {
                        "\(peer) names the port of \(host), and nothing else does"
                    } else if configuration.profile != .observe,
                        standing(host)?.isBlocked == true
                    {
                        "\(host) is blocked"
                    } else {
                        nil
                    }
                },
                isKnown: { hasSigned($0) || standing($0)?.names($0) == true },
                isNamed: { configuration.egress?.other.names($0) == true },
                patience: patience))
    }

    /// Where the gateway listens, and within which limits. `former` is what it listens by until now.
    static func serverConfiguration(
        _ configuration: Configuration, _ certificates: ServedCertificates,
        egress: EgressHandler? = nil, succeeding former: ServerConfiguration? = nil
    ) throws -> ServerConfiguration {
        let settings = configuration.limits
        var limits = ServerLimits()
        limits.head.total = settings.headers
        limits.head.fields = settings.headerCount
        limits.requestHead = settings.requestHead
        limits.keepAlive = settings.keepAlive
        limits.requestsPerConnection = settings.requestsPerConnection
        limits.connections = settings.connections
        limits.connectionsPerClient = settings.perClient
        limits.exchangesPerClient = max(limits.exchangesPerClient, 2 * settings.perClient)
        // However large one message may be, two of them fit.
        limits.gatheredBytesPerClient = max(
            limits.gatheredBytesPerClient, 2 * settings.messageBody)
        limits.gatheredBytes = max(limits.gatheredBytes, 4 * limits.gatheredBytesPerClient)
        var listeners = try configuration.listeners.enumerated().map { index, listen in
            ServerConfiguration.Listener(
                listen.address,
                tls: try listen.tls.map {
                    try context(
                        $0, configuration, certificates, succeeding: former?.listeners[index].tls)
                },
                purpose: listen.purpose == .serve
                    ? .serve : .redirectToHTTPS(configuration.site.authorities),
                proxies: TrustedProxies(listen.trustedProxies),
                announcers: TrustedProxies(listen.proxyProtocol),
                strictTransport: listen.strictTransport)
        }
        if let egress, let settings = configuration.egress {
            // The backend is one client, however many requests it makes.
            listeners.append(
                ServerConfiguration.Listener(
                    settings.listen, purpose: .forwardProxy, handler: egress, counting: .together))
        }
        return ServerConfiguration(listeners: listeners, limits: limits)
    }
}
