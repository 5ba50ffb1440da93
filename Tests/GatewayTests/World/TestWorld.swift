import Federation
import Foundation
import OpenSSL
import Transport

@testable import Gateway

/// A gateway whose clock, peers and backend are a test's own; nothing of it touches a network.
final class TestWorld: Sendable {
    let gateway: Gateway
    let clock: TestClock
    let net: TestNet
    /// The answers of peers to messages.
    let mail = TestMail()
    let lines = TestLines()
    let scratch: Scratch
    let seal: SealKey

    /// `partners` are listed; of `legacy` a signature is not required.
    init(
        partners: [String] = ["modern.test", "cavage.test"], legacy: [String] = ["legacy.test"],
        unknown: String = "deny", rules: String = "", configuration: String = "",
        profile: String = "bridge", kind: String = "nextcloud", pass: String = "all",
        clock: TestClock = TestClock(), net: TestNet = TestNet(),
        backend url: String = "http://127.0.0.1:9",
        outbound: OutboundClient? = nil, journal: Journal? = nil, store known: Store? = nil,
        replays limits: ReplayCache.Limits = .init(window: 300, skew: 30),
        isKnown: @escaping @Sendable (PeerHost) -> Bool = { _ in false }
    ) throws {
        self.clock = clock
        self.net = net
        scratch = try Scratch()
        let folder = scratch.path
        let settings = try Configuration(
            Array(Self.configuration(folder, url, profile, kind, pass, configuration).utf8),
            file: folder + "/config.toml")
        let policy = try Policy(
            Array(Self.policy(partners, legacy, unknown, rules).utf8), file: "policy.toml",
            PolicyFiles { _ in nil })
        guard let site = Site(origin: settings.site.origin, aliases: settings.site.aliases),
            let seal = SealKey(Secret(Array(1...32)))
        else { throw TestPeer.Unmade() }
        self.seal = seal
        let orders = try OrderBox(folder + "/state.db", seal)
        try orders.open()
        let store = try known ?? Store.open(folder + "/state.db", seal, now: clock.now - 3600)
        let (lines, mail) = (self.lines, self.mail)
        let backend = BackendServer(
            kind: settings.backend.kind, upstream: Upstream(settings.backend.endpoint),
            head: try BackendHead(
                host: settings.backend.host, scheme: site.scheme,
                authority: site.host.description),
            timeouts: .init(headers: .seconds(1), pages: .seconds(9)),
            tokenPath: settings.token.path,
            origin: site.origin, hosts: settings.backend.names)
        let holder = PolicyHolder(policy, key: seal.hmac(for: .limit))
        let keys = KeyHolder(try Self.ring(in: folder + "/keys", now: clock.now))
        gateway = Gateway(
            .init(
                configuration: settings, site: site, environment: clock.environment,
                backend: backend, policy: holder,
                lists: ListKeeper(
                    ListFolder(state: scratch.path + "/state.db"),
                    .init(now: clock.environment.now, fetch: { _ in .failed("no network") }),
                    log: nil),
                keys: keys,
                peers: PeerDirectory(
                    lifetimes: .init(fresh: 600, staleIfError: 86_400, negative: 30),
                    .init(
                        now: { clock.seconds }, fetch: { _, url, _ in await net.fetch(url) },
                        isKnown: isKnown, patience: .seconds(300), random: { _ in 0 })),
                outbound: try outbound ?? Self.nobody(), store: store, orders: orders,
                registry: try ShareRegistry(store, seal),
                replays: try ReplayCache(
                    store, seal, limits: limits, knownFrom: store.born,
                    now: clock.seconds, monotonic: clock.seconds * 1000),
                pins: try PinBook(store), pastKeys: try PastKeys(store),
                generations: try PeerGenerations(store, of: .peer),
                accepted: try PeerGenerations(store, of: .us),
                contacts: try ContactBook(store, seal), holds: try HoldBook(store, seal),
                sender: { await mail.send($0) },
                pseudonym: seal.pseudonym(of: site.origin),
                sealer: try RunningGateway.tokenSealer(seal, site),
                published: PublishedDocuments(
                    backend: backend, policy: holder,
                    template: ServedDiscovery(
                        origin: site.origin, provider: "Test", tokenPath: settings.token.path,
                        fromBackend: []),
                    criteria: nil, profile: settings.profile, keys: keys, site: site,
                    environment: clock.environment),
                log: GatewayLog(
                    level: settings.log.level.logger, format: .json,
                    milliseconds: { clock.now * 1000 },
                    sink: { bytes in
                        lines.add(bytes)
                        return true
                    }), journal: journal.map { .on($0, .redacted) } ?? .off,
                underWay: UnderWay(),
                fingerprint: seal.hmac(for: .fingerprint)))
    }

    deinit { gateway.store.close() }

    /// A world of two listed peers, one for each generation of signatures.
    static func withPeers(
        journal: Journal? = nil
    ) throws -> (TestWorld, modern: TestPeer, cavage: TestPeer) {
        let world = try TestWorld(journal: journal)
        let modern = try TestPeer("modern.test")
        let cavage = try TestPeer("cavage.test", .cavage)
        try modern.publish(on: world.net)
        try cavage.publish(on: world.net)
        return (world, modern, cavage)
    }

    /// The decision lines so far.
    func decisions() -> [JSONObject] {
        gateway.log.flush()
        return lines.objects.filter { $0["message"]?.string == "ocm.decision" }
    }

    /// A request as the transport would hand it over.
    func received(
        _ request: TestRequest, as kind: Received.Kind = .ocm(.shares),
        from address: String = "192.0.2.1"
    ) throws -> Received {
        var parser = RequestHeadParser()
        guard case .head(let head, _) = try parser.parse(request.head.span),
            let address = IPAddress(address)
        else { throw TestPeer.Unmade() }
        return Received(
            kind: kind, head: head, body: request.body,
            client: ClientConnection(
                address: address, port: 1, listener: 0, tls: nil, loop: Self.loops.loops[0]),
            now: clock.now)
    }

    func trail(_ received: Received) -> Trail {
        Trail(
            received.kind.text, from: received.client, now: received.now,
            under: gateway.policy.snapshot, clock: clock.environment,
            fingerprint: gateway.fingerprint)
    }

    func receive(_ share: String) async throws -> Answer {
        try await receive(TestRequest("/ocm/shares", share))
    }

    /// Returns when all that was queued for the store is on the disk.
    func stored() async throws { try await gateway.store.commit(Change(write: { _ in })) }

    /// `identify` and `verify`.
    func verify(
        _ request: TestRequest, as kind: Received.Kind = .ocm(.shares),
        from address: String = "192.0.2.1"
    ) async throws -> Verified {
        let received = try received(request, as: kind, from: address)
        let trail = trail(received)
        return try await gateway.verify(try gateway.identify(received, trail), trail)
    }

    /// All phases up to the backend's words; what is to be remembered is written.
    func accept(
        _ request: TestRequest, as kind: Received.Kind = .ocm(.shares),
        from address: String = "192.0.2.1"
    ) async throws -> BackendMessage {
        let received = try received(request, as: kind, from: address)
        let trail = trail(received)
        let verified = try await gateway.verify(try gateway.identify(received, trail), trail)
        let permitted = try gateway.evaluate(verified, trail)
        let message = try gateway.transform(permitted, trail)
        try await gateway.makeDurable(verified.memory.take() + message.memory)
        return message
    }

    /// Why a message is refused; nil when it is not.
    func denial(
        _ request: TestRequest, as kind: Received.Kind = .ocm(.shares),
        from address: String = "192.0.2.1"
    ) async throws -> Denial? {
        do {
            _ = try await accept(request, as: kind, from: address)
            return nil
        } catch let denial as Denial { return denial }
    }

    /// What a message is answered; what it left behind is written then.
    func receive(
        _ request: TestRequest, as kind: Received.Kind = .ocm(.shares)
    ) async throws -> Answer {
        let received = try received(request, as: kind)
        let answer = await gateway.receive(
            ReceivedRequest(head: received.head, body: received.body, client: received.client),
            as: kind, through: .listener)
        try await gateway.makeDurable([Change(write: { _ in })])
        return answer
    }

    static let loops = LoopGroup(count: 1)

    /// A client that believes nobody's certificate.
    private static func nobody() throws -> OutboundClient {
        let own = try CertificateAuthority.make(
            name: "nobody", key: .generate(.ed25519), validity: 0...1)
        return OutboundClient(
            OutboundConfiguration(
                tls: try .client(trust: .only([own.certificate])), guarding: AddressGuard()),
            on: loops)
    }

    /// The gateway's own keys; the same in all tests, since making them costs a tenth of a second.
    private static let ownKeys: [(name: String, pem: String)] = {
        let kinds: [(String, KeyKind)] = [("ed25519-1", .ed25519), ("rsa-1", .rsa(bits: 2048))]
        return kinds.compactMap { name, kind in
            (try? PrivateKey.generate(kind).exportPEM()).map { (name, $0) }
        }
    }()

    private static func ring(in folder: String, now: Int) throws -> KeyRing {
        try PrivateFile.folder(folder)
        for key in ownKeys {
            try PrivateFile.create("\(folder)/\(key.name).pem", Array(key.pem.utf8))
        }
        return try KeyRing(folder: folder, whenMissing: .make, now: now)
    }

    private static func configuration(
        _ folder: String, _ backend: String, _ profile: String, _ kind: String,
        _ pass: String, _ more: String
    ) -> String {
        let signature = "[signature]\nkeys = \"\(folder)/keys\""
        let rest =
            more.contains("[signature]")
            ? more.replacing("[signature]", with: signature) : "\(signature)\n\(more)"
        return """
            version = 1
            profile = "\(profile)"
            [site]
            origin = "https://cloud.test"
            aliases = ["https://old.test"]
            [[listen]]
            address = "127.0.0.1:1"
            [backend]
            url = "\(backend)"
            kind = "\(kind)"
            pass = "\(pass)"
            [policy]
            file = "policy.toml"
            [state]
            url = "sqlite:\(folder)/state.db"
            seal_key = "\(folder)/seal.key"
            \(rest)
            """
    }

    private static func policy(
        _ partners: [String], _ legacy: [String], _ unknown: String, _ rules: String
    ) -> String {
        """
        version = 1
        name = "test"
        mode = "enforce"
        default = "deny"
        unknown = "\(unknown)"
        [list.partners]
        standing = "allow"
        entries = \(partners)
        [list.legacy]
        standing = "allow"
        entries = \(legacy)
        [list.blocked]
        standing = "block"
        entries = ["blocked.test"]
        [[require]]
        name = "signed"
        on = ["share", "notification", "invite", "request-share", "token"]
        except = ["@legacy"]
        need = ["signature"]
        code = "signature_required"
        \(rules)
        [[rule]]
        name = "admitted"
        on = ["share", "notification", "invite", "request-share", "token", "webdav"]
        action = "allow"
        """
    }
}

extension Gateway {
    /// Judges a message, whatever of it the lists say.
    func judge(
        _ facts: Facts, _ amount: Amount, under snapshot: PolicySnapshot
    ) -> Judgement {
        judge(facts, snapshot.policy.standings(of: facts), amount, under: snapshot)
    }

    /// Reads a message and finds out whom it speaks for.
    func identify(_ received: Received, _ trail: Trail) throws(Denial) -> Claimed {
        try identify(try Message(received), of: received, trail)
    }
}

extension PolicyHolder {
    /// Puts a policy in force, and no candidate.
    func swap(_ policy: Policy) { swap(policy, candidate: nil) }
}

extension BackendMessage {
    /// The share that the message makes.
    var made: ShareRecord? {
        guard case .makes(let share) = effect else { return nil }
        return share
    }

    /// The share that it ends.
    var ends: ShareRecord? {
        guard case .ends(let share) = effect else { return nil }
        return share
    }
}
