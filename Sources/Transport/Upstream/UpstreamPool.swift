import NIOCore

/// The upstream connections of one loop: those that are kept, and how many there are in all.
final class UpstreamPool {
    private unowned let loop: Loop
    private var shelves: [ObjectIdentifier: Shelf] = [:]

    /// The connections to one upstream. It is held, so that its identity stays its own.
    private struct Shelf {
        let upstream: Upstream
        var idle: [UpstreamConnection] = []
        /// In use, idle, or being made.
        var count = 0
    }

    init(loop: Loop) {
        self.loop = loop
    }

    /// What a request for a connection comes to.
    enum Supply {
        case ready(UpstreamConnection)
        /// The receiver will hear of it.
        case dialling(UpstreamDial)
        case busy
    }

    /// Which idle connections will do.
    enum Freshness: Sendable {
        case any
        /// Only one that was used a moment ago: its server is not likely to be closing it.
        case warm
        case new
    }

    /// A connection to `upstream`: an idle one, or a new one.
    func supply(
        _ upstream: Upstream, _ freshness: Freshness, for receiver: any AnswerReceiver
    ) -> Supply {
        let key = ObjectIdentifier(upstream)
        if freshness != .new, let connection = shelves[key]?.idle.last, connection.isOpen,
            freshness == .any || loop.now < connection.idleSince + Self.warmth
        {
            shelves[key]?.idle.removeLast()
            return .ready(connection)
        }
        let count = shelves[key]?.count ?? 0
        guard count < upstream.limits.connections else { return .busy }
        shelves[key, default: Shelf(upstream: upstream)].count = count + 1
        return .dialling(UpstreamDial(upstream, loop: loop, for: receiver))
    }

    /// A connection has done its work and can do more.
    func put(back connection: UpstreamConnection) {
        let key = ObjectIdentifier(connection.upstream)
        guard let shelf = shelves[key],
            shelf.idle.count < connection.upstream.limits.idleConnections
        else {
            connection.abandon()
            return
        }
        shelves[key]?.idle.append(connection)
    }

    /// A connection has ended.
    func forget(_ connection: UpstreamConnection) {
        let key = ObjectIdentifier(connection.upstream)
        if let index = shelves[key]?.idle.lastIndex(where: { $0 === connection }) {
            shelves[key]?.idle.remove(at: index)
        }
        if connection.isCounted { release(connection.upstream) }
    }

    /// A connection was not made, or has ended.
    func release(_ upstream: Upstream) {
        let key = ObjectIdentifier(upstream)
        guard let count = shelves[key]?.count else { return }
        if count > 1 {
            shelves[key]?.count = count - 1
        } else {
            shelves[key] = nil
        }
    }

    /// Closes everything idle: the process is stopping.
    func closeIdle() {
        for shelf in shelves.values {
            for connection in shelf.idle { connection.abandon() }
        }
    }

    /// How many connections there are, of all kinds.
    var count: Int { shelves.values.reduce(0) { $0 + $1.count } }

    private static let warmth = Duration.seconds(2)
}
