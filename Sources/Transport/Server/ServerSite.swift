import OpenSSL
import Synchronization

/// What all connections of one listener have in common.
final class ServerSite: Sendable {
    let index: Int
    let handler: any RequestHandler
    let role: RequestHeadParser.Role
    let tls: TLSContext?
    let proxies: TrustedProxies
    let announcers: TrustedProxies
    let counting: ClientCounting
    let limits: ServerLimits
    /// The limits that every request looks at.
    let keepAlive: LoopSpan
    let requestHead: LoopSpan
    let census: Census

    init(
        index: Int, handler: any RequestHandler, role: RequestHeadParser.Role, tls: TLSContext?,
        proxies: TrustedProxies, announcers: TrustedProxies = TrustedProxies(),
        counting: ClientCounting, limits: ServerLimits, census: Census
    ) {
        self.index = index
        self.handler = handler
        self.role = role
        self.tls = tls
        self.proxies = proxies
        self.announcers = announcers
        self.counting = counting
        self.limits = limits
        keepAlive = LoopSpan(limits.keepAlive)
        requestHead = LoopSpan(limits.requestHead)
        self.census = census
    }

    /// The client that a connection counts for; nil when it counts for all of them only: as long as a
    /// hop has not said whose it is, too.
    func counted(hop address: IPAddress?) -> IPAddress? {
        announcers.contains(address) ? nil : counted(address)
    }

    /// As `counted(hop:)`, of one whose client is known.
    func counted(_ address: IPAddress?) -> IPAddress? {
        switch counting {
        case .each: proxies.contains(address) ? nil : address
        case .together: nil
        }
    }
}

/// The clients of a server, or those of its way out, counted over all listeners and loops.
final class Census: Sendable {
    private let clients: Mutex<ClientTable>
    /// Requests on their way to upstreams, but for those that have a connection of their own here.
    private let exchanges: Mutex<ClientTable>
    private let open = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let retired = Atomic<Bool>(false)
    private let handOver = Mutex(LoopTime.never)
    private let endingTunnels = Atomic<Bool>(false)
    private let pressure: SharedPressure
    /// How many connections there may be.
    let limit: Int
    private let bodies: BodyBudget
    private let documents: BodyBudget

    init(_ limits: ServerLimits, pressure: SharedPressure = SharedPressure()) {
        self.pressure = pressure
        clients = Mutex(ClientTable(limit: limits.connectionsPerClient))
        exchanges = Mutex(ClientTable(limit: limits.exchangesPerClient))
        limit = limits.connections
        bodies = BodyBudget(
            limit: limits.gatheredBytes, perClient: limits.gatheredBytesPerClient,
            reserved: limits.gatheredBytesReserved)
        documents = BodyBudget(
            limit: limits.documentBytes, perClient: limits.documentBytesPerClient,
            reserved: limits.gatheredBytesReserved)
    }

    /// What bodies take that are read whole, of up to so many bytes each. Documents keep no message out.
    func bodies(upTo limit: Int) -> BodyBudget {
        limit > ServerLimits.shortestDocument ? documents : bodies
    }

    var count: Int { open.load(ordering: .relaxed) }
    /// Whether nobody is accepted, for want of room or of memory.
    var isFull: Bool { count >= limit || pressure.level >= .high }
    /// Every answer says that it is the last.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func stop() { stopping.store(true, ordering: .relaxed) }

    /// Another process judges in this one's place: no request is begun any more, and one that comes is not
    /// answered, so that its client asks the other.
    var isRetired: Bool { retired.load(ordering: .relaxed) }

    func retire() { retired.store(true, ordering: .relaxed) }

    /// Another process waits to take this one's place: a request that is not whole by `end` is for it.
    func handOver(by end: LoopTime) { handOver.withLock { $0 = end } }

    /// Whether a request that is not whole is waited for no longer.
    func isHandedOver(at now: LoopTime) -> Bool { handOver.withLock { $0 } < now }

    /// Whether tunnels are closed, which never end by themselves.
    var endsTunnels: Bool { endingTunnels.load(ordering: .relaxed) }

    func endTunnels() { endingTunnels.store(true, ordering: .relaxed) }

    /// A Unix socket has no address, and no limit but the one for all; a trusted proxy, whose
    /// clients are many, is admitted likewise.
    func admit(_ address: IPAddress?) -> ClientTable.Admission {
        guard claim(address) == .admitted else { return .refused }
        open.add(1, ordering: .relaxed)
        return .admitted
    }

    /// Counts a connection that was admitted without a client as this client's.
    func claim(_ address: IPAddress?) -> ClientTable.Admission {
        guard let address else { return .admitted }
        return clients.withLock { $0.admit(address) }
    }

    /// Counts a request that goes to an upstream.
    func admitExchange(of address: IPAddress) -> ClientTable.Admission {
        exchanges.withLock { $0.admit(address) }
    }

    /// A request that was admitted has been answered, or was given up.
    func endExchange(of address: IPAddress) { exchanges.withLock { $0.leave(address) } }

    func leave(_ address: IPAddress?) {
        if let address { clients.withLock { $0.leave(address) } }
        open.subtract(1, ordering: .relaxed)
    }
}
