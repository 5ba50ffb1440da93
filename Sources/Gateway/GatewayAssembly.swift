package import Federation
import Foundation
import Logging
package import OpenSSL
package import Transport

/// What the operator can mend about a start that failed.
package struct StartFailure: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}

/// Puts a gateway together from its configuration, and runs it.
package final class RunningGateway: Sendable {
    package let gateway: Gateway
    package let server: Server
    private let group: LoopGroup
    private let store: Store
    private let log: GatewayLog
    private let background: [Task<Void, Never>]

    /// Reads keys, policy and state, starts the loops, and listens.
    ///
    /// Throws `StartFailure` with the file and the remedy.
    package static func start(_ configuration: Configuration) async throws -> RunningGateway {
        let log = GatewayLog(
            level: configuration.log.level.logger, format: configuration.log.format.written)
        let environment = Environment.live
        let group = LoopGroup(count: ProcessInfo.processInfo.activeProcessorCount)
        let policy = try loadPolicy(configuration.policy.file)
        let (gateway, store) = try assemble(
            configuration, PolicyHolder(policy), log, environment, group)
        let server: Server
        do {
            server = try await Server.start(
                try serverConfiguration(configuration), on: group, handler: gateway)
        } catch {
            store.close()
            throw StartFailure("\(error)")
        }
        warnOfCertificates(configuration, log, now: environment.now())
        for address in server.addresses {
            log.write(.info, .listening, [LogEntry(.address, address.description)])
        }
        log.write(
            .info, .started,
            [
                LogEntry(.policy, policy.hash), LogEntry(.profile, configuration.profile.rawValue),
            ])
        if server.connectionLimit < configuration.limits.connections {
            log.write(
                .warning, .fewConnections,
                [
                    LogEntry(.count, server.connectionLimit),
                    LogEntry(
                        .remedy,
                        "limits.connections is \(configuration.limits.connections); for that many, "
                            + "let the process have more files open (LimitNOFILE, ulimit -n)"),
                ])
        }
        let background = gateway.background(on: group)
        return RunningGateway(gateway, server, group, store, log, background)
    }

    private init(
        _ gateway: Gateway, _ server: Server, _ group: LoopGroup, _ store: Store,
        _ log: GatewayLog, _ background: [Task<Void, Never>]
    ) {
        self.gateway = gateway
        self.server = server
        self.group = group
        self.store = store
        self.log = log
        self.background = background
    }

    /// Stops: no new connections, requests in flight get `grace`, then all ends.
    package func stop(grace: Duration) async {
        log.write(.info, .stopping)
        for task in background { task.cancel() }
        gateway.published.stop()
        await server.shutdown(grace: grace)
        await group.shutdown()
        store.close()
        log.write(.info, .stopped)
        log.flush()
    }

    /// Reads the policy again; on any error the last good one stays.
    package func reloadPolicy() { gateway.reloadPolicy() }

    /// A policy file, read and with all of its tests passed.
    package static func loadPolicy(_ file: String) throws(StartFailure) -> Policy {
        let policy: Policy
        do { policy = try Policy.load(file: file, .disk) } catch {
            throw StartFailure(error.description)
        }
        let failed = policy.runTests().filter { !$0.passed }
        guard failed.isEmpty else {
            let lines = failed.map { outcome in
                "\(outcome.test.file):\(outcome.test.position.line): test \"\(outcome.test.name)\": "
                    + outcome.differences.joined(separator: "; ")
            }
            throw StartFailure(lines.joined(separator: "\n"))
        }
        return policy
    }
}

extension RunningGateway {
    private static func assemble(
        _ configuration: Configuration, _ policy: PolicyHolder, _ log: GatewayLog,
        _ environment: Environment, _ group: LoopGroup
    ) throws -> (Gateway, Store) {
        guard
            let site = Site(
                origin: configuration.site.origin, aliases: configuration.site.aliases)
        else { throw StartFailure("site.origin cannot be used: \(configuration.site.origin)") }
        let now = environment.now()
        let seal: SealKey
        let ring: KeyRing
        do {
            seal = try SealKey.load(
                configuration.state.sealKey, whenMissing: .make,
                environment: ProcessInfo.processInfo.environment)
            ring = try KeyRing(folder: configuration.signature.keys, whenMissing: .make)
        } catch { throw StartFailure(error.description) }
        let backend = try backendServer(configuration, site)
        let client = try outboundClient(configuration, group)
        let store: Store
        do { store = try Store.open(configuration.state.file, seal, now: now) } catch {
            throw StartFailure(error.description)
        }
        do {
            let orders = try OrderBox(configuration.state.file, seal)
            try orders.open()
            let gateway = Gateway(
                Gateway.Parts(
                    configuration: configuration, site: site, environment: environment,
                    backend: backend, policy: policy,
                    peers: peerDirectory(configuration, client, environment, log), store: store,
                    orders: orders,
                    registry: try ShareRegistry(store, seal),
                    replays: try ReplayCache(
                        store, seal,
                        limits: .init(
                            window: configuration.signature.window.wholeSeconds,
                            skew: configuration.signature.skew.wholeSeconds),
                        knownFrom: store.born,
                        monotonic: environment.monotonicMilliseconds()),
                    pins: try PinBook(store), generations: try PeerGenerations(store),
                    sealer: try tokenSealer(seal, site),
                    published: PublishedDocuments(
                        backend: backend, policy: policy,
                        template: served(configuration, site, ring),
                        criteria: configuration.discovery.criteria,
                        keySet: ring.keySet(for: site.host)),
                    log: log, fingerprint: seal.hmac(for: .fingerprint)))
            return (gateway, store)
        } catch {
            store.close()
            throw StartFailure("\(error)")
        }
    }

    /// Seals and opens the access tokens of a site.
    package static func tokenSealer(_ seal: SealKey, _ site: Site) throws -> TokenSealer {
        TokenSealer(.init(id: 1, key: try seal.aead(for: .token)), audience: site.origin)
    }

    private static func served(
        _ configuration: Configuration, _ site: Site, _ ring: KeyRing
    ) -> ServedDiscovery {
        let cavage = ring.cavageKey
        return ServedDiscovery(
            origin: site.origin, provider: configuration.site.provider,
            tokenPath: configuration.token.path,
            signatureKey: cavage.flatMap {
                ServedDiscovery.SignatureKey(
                    keyId: $0.cavageID(for: site.host), pem: $0.key.publicKey.pem)
            },
            fromBackend: configuration.discovery.fromBackend)
    }

    private static func backendServer(
        _ configuration: Configuration, _ site: Site
    ) throws -> BackendServer {
        let settings = configuration.backend
        var limits = UpstreamLimits()
        limits.connect = settings.connect
        limits.firstByte = settings.headers
        limits.idle = settings.idle
        let security = try settings.tlsName.map {
            UpstreamSecurity(context: try clientContext(configuration), serverName: $0)
        }
        return BackendServer(
            kind: settings.kind,
            upstream: Upstream(settings.endpoint, security: security, limits: limits),
            head: try BackendHead(
                host: settings.host, scheme: site.scheme, authority: site.host.description),
            timeouts: .init(headers: settings.headers), tokenPath: configuration.token.path)
    }

    /// Believes the system's authorities and those of `outbound.ca_file`.
    package static func clientContext(
        _ configuration: Configuration
    ) throws(PrivateFile.Problem) -> TLSContext {
        var texts: [String] = []
        let file = configuration.outbound.caFile
        if let file {
            guard let text = try? String(contentsOfFile: file, encoding: .utf8) else {
                throw PrivateFile.Problem(
                    path: file, what: "cannot be read",
                    remedy: "name a PEM file in outbound.ca_file")
            }
            texts.append(text)
        }
        do {
            return try TLSContext.client(trust: .system(addingPEM: texts), alpn: ["http/1.1"])
        } catch {
            throw PrivateFile.Problem(
                path: file ?? "the system's trust store", what: "cannot be used: \(error)",
                remedy: "it holds PEM certificates of authorities")
        }
    }

    /// The client of the gateway's own requests.
    package static func outboundClient(
        _ configuration: Configuration, _ group: LoopGroup
    ) throws -> OutboundClient {
        var outbound = OutboundConfiguration(
            tls: try clientContext(configuration),
            guarding: AddressGuard(
                allowing: configuration.outbound.allowPrivate, own: AddressGuard.ownAddresses()))
        outbound.resolve = configuration.outbound.resolve
        outbound.connect = configuration.outbound.connect
        outbound.headers = configuration.outbound.headers
        outbound.total = configuration.outbound.total
        outbound.maxResponse = configuration.outbound.maxResponse
        return OutboundClient(outbound, on: group)
    }

    /// Peers by this client.
    package static func peerDirectory(
        _ configuration: Configuration, _ client: OutboundClient, _ environment: Environment,
        _ log: GatewayLog, patience: Duration = .seconds(3)
    ) -> PeerDirectory {
        let settings = configuration.discovery
        return PeerDirectory(
            lifetimes: .init(
                fresh: settings.fresh.wholeSeconds,
                staleIfError: settings.staleIfError.wholeSeconds,
                negative: settings.negative.wholeSeconds),
            .init(
                now: { environment.monotonicMilliseconds() / 1000 },
                fetch: { host, url, redirects in
                    await client.get(host, url, redirects, log)
                }, patience: patience))
    }

    private static func serverConfiguration(
        _ configuration: Configuration
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
        let sites = ([configuration.site.origin] + configuration.site.aliases)
            .compactMap { try? HTTPURL($0).authority }
        let listeners = try configuration.listeners.map { listen in
            ServerConfiguration.Listener(
                listen.address, tls: try listen.tls.flatMap { try context($0, configuration) },
                purpose: listen.purpose == .serve ? .serve : .redirectToHTTPS(sites),
                proxies: TrustedProxies(listen.trustedProxies))
        }
        return ServerConfiguration(listeners: listeners, limits: limits)
    }

    /// The listener's own certificate first, then all others, by the names that clients ask for.
    private static func context(
        _ name: String, _ configuration: Configuration
    ) throws -> TLSContext? {
        guard let own = configuration.tls[name] else { return nil }
        var identities = [try identity(own)]
        for (other, settings) in configuration.tls.sorted(by: { $0.key < $1.key })
        where other != name { identities.append(try identity(settings)) }
        return try TLSContext.server(
            identities: identities, minimum: own.minimum, alpn: ["http/1.1"])
    }

    /// A certificate chain and its key.
    ///
    /// Refused: a key that others may read, one that is not the first certificate's.
    package static func identity(
        _ settings: Configuration.TLSSettings
    ) throws(PrivateFile.Problem) -> TLSIdentity {
        guard let text = try? String(contentsOfFile: settings.certificate, encoding: .utf8) else {
            throw PrivateFile.Problem(
                path: settings.certificate, what: "cannot be read",
                remedy: "name the chain, PEM, in cert of its [tls] table")
        }
        let chain: [Certificate]
        do { chain = try Certificate.chain(pem: text) } catch {
            throw PrivateFile.Problem(
                path: settings.certificate, what: "holds no certificate chain: \(error)",
                remedy: "PEM, the site's own certificate first")
        }
        let pem = String(
            decoding: try PrivateFile.read(settings.key, links: .followed), as: UTF8.self)
        let key: PrivateKey
        do { key = try PrivateKey(pem: pem) } catch {
            throw PrivateFile.Problem(
                path: settings.key, what: "holds no key that can be used: \(error)",
                remedy: "PEM, without a passphrase")
        }
        do { return try TLSIdentity(chain: chain, key: key) } catch {
            throw PrivateFile.Problem(
                path: settings.key, what: "is not the key of \(settings.certificate)",
                remedy: "that file begins with the certificate of this key")
        }
    }

    /// Says which certificates are not valid now, or not for long. The gateway serves with them all
    /// the same: those who believe it anyway are not to be cut off.
    private static func warnOfCertificates(
        _ configuration: Configuration, _ log: GatewayLog, now: Int
    ) {
        for (_, settings) in configuration.tls.sorted(by: { $0.key < $1.key }) {
            guard let leaf = try? identity(settings).chain.first, let end = leaf.notAfter,
                !leaf.isCurrent(now: now + 14 * 86_400)
            else { continue }
            log.write(
                leaf.isCurrent(now: now) ? .warning : .error, .certificateExpires,
                [
                    LogEntry(.file, settings.certificate),
                    LogEntry(.detail, "valid until \(end) (Unix time)"),
                ])
        }
    }
}
