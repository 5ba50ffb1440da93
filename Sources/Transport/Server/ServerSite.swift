import OpenSSL
import Synchronization

/// What all connections of one listener have in common.
final class ServerSite: Sendable {
    let index: Int
    let handler: any RequestHandler
    let role: RequestHeadParser.Role
    let tls: TLSContext?
    let limits: ServerLimits
    let census: Census

    init(
        index: Int, handler: any RequestHandler, role: RequestHeadParser.Role, tls: TLSContext?,
        limits: ServerLimits, census: Census
    ) {
        self.index = index
        self.handler = handler
        self.role = role
        self.tls = tls
        self.limits = limits
        self.census = census
    }
}

/// The clients of a server, counted over all of its listeners and loops.
final class Census: Sendable {
    private let clients: Mutex<ClientTable>
    private let open = Atomic<Int>(0)
    private let stopping = Atomic<Bool>(false)
    private let limit: Int

    init(_ limits: ServerLimits) {
        clients = Mutex(ClientTable(limit: limits.connectionsPerClient))
        limit = limits.connections
    }

    var count: Int { open.load(ordering: .relaxed) }
    var isFull: Bool { count >= limit }
    /// No request is begun any more, and every answer says that it is the last.
    var isStopping: Bool { stopping.load(ordering: .relaxed) }

    func stop() { stopping.store(true, ordering: .relaxed) }

    /// A Unix socket has no address, and no limit but the one for all.
    func admit(_ address: IPAddress?) -> ClientTable.Admission {
        if let address, clients.withLock({ $0.admit(address) }) == .refused { return .refused }
        open.add(1, ordering: .relaxed)
        return .admitted
    }

    func leave(_ address: IPAddress?) {
        if let address { clients.withLock { $0.leave(address) } }
        open.subtract(1, ordering: .relaxed)
    }
}
