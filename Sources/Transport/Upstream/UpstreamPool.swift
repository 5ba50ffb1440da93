/// The upstream connections of one loop: those that are kept, and how many there are in all.
final class UpstreamPool {
    private unowned let loop: Loop
    private var shelves: [ObjectIdentifier: Shelf] = [:]
    /// The shelf of the last request: most are for one backend.
    private var last: Shelf?
    /// In use, idle, or being made, over all shelves.
    private var count = 0
    private let limit: Int
    /// Those that one upstream may have: whoever keeps the backend busy leaves some for what it sends out.
    private let mostOfOne: Int

    /// The connections to one upstream. It is held, so that its identity stays its own.
    private final class Shelf {
        let upstream: Upstream
        var idle: [UpstreamConnection] = []
        /// In use, idle, or being made.
        var count = 0

        init(_ upstream: Upstream) { self.upstream = upstream }
    }

    /// `limit` is how many connections there may be, over all upstreams.
    init(loop: Loop, limit: Int) {
        self.loop = loop
        self.limit = limit
        mostOfOne = limit - limit / 8
    }

    /// What a request for a connection comes to.
    enum Supply {
        case ready(UpstreamConnection)
        /// The receiver will hear of it.
        case dialling(UpstreamDial)
        /// There is none: the upstream has all that it gets, or gave no answers lately.
        case refused(UpstreamFailure)
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
        guard !loop.isEnding else { return .refused(.shutdown) }
        let admission = upstream.health?.admit(at: loop.now, mayTry: !receiver.owesBody)
        if case .refused(let seconds)? = admission {
            loop.counters.count(.upstreamSuspended)
            return .refused(.suspended(seconds: seconds))
        }
        let shelf = shelf(of: upstream)
        if freshness != .new, let shelf, let index = idle(of: shelf, for: receiver) {
            let connection = shelf.idle[index]
            if connection.isOpen,
                freshness == .any || loop.now < connection.idleSince + Self.warmth
            {
                shelf.idle.remove(at: index)
                return .ready(connection)
            }
        }
        guard hasRoom(on: shelf), hasRoom() else {
            loop.counters.count(.upstreamBusy)
            return .refused(.busy)
        }
        // Making room may have ended the last connection of the shelf, and the shelf with it.
        (self.shelf(of: upstream) ?? addShelf(for: upstream)).count += 1
        count += 1
        return .dialling(UpstreamDial(upstream, loop: loop, for: receiver))
    }

    /// Whether one more connection to an upstream may be made; when it has as many as it may have, a kept one of
    /// its own is given up for it.
    private func hasRoom(on shelf: Shelf?) -> Bool {
        guard let shelf, shelf.count >= min(shelf.upstream.limits.connections, mostOfOne) else {
            return true
        }
        guard !shelf.idle.isEmpty else { return false }
        shelf.idle.removeFirst().abandon()
        return true
    }

    /// The same of all upstreams together.
    private func hasRoom() -> Bool {
        if count < limit { return true }
        guard let shelf = shelves.values.first(where: { !$0.idle.isEmpty }) else { return false }
        shelf.idle.removeFirst().abandon()
        return true
    }

    /// The idle connection that was used last, of those that may carry the receiver's requests.
    private func idle(of shelf: Shelf, for receiver: any AnswerReceiver) -> Int? {
        let wanted = Self.announced(to: shelf.upstream, for: receiver)
        return shelf.idle.lastIndex { $0.announced == wanted }
    }

    /// What the upstream is told of the receiver's client.
    static func announced(to upstream: Upstream, for receiver: any AnswerReceiver) -> ProxyHeader {
        switch upstream.announcement {
        case .none: .own
        case .proxyV2: receiver.askedFor
        }
    }

    /// A connection has done its work and can do more.
    func put(back connection: UpstreamConnection) {
        guard let shelf = shelf(of: connection.upstream),
            shelf.idle.count < connection.upstream.limits.idleConnections
        else {
            connection.abandon()
            return
        }
        shelf.idle.append(connection)
    }

    /// A connection has ended.
    func forget(_ connection: UpstreamConnection) {
        if let shelf = shelf(of: connection.upstream),
            let index = shelf.idle.lastIndex(where: { $0 === connection })
        {
            shelf.idle.remove(at: index)
        }
        if connection.isCounted { release(connection.upstream) }
    }

    /// A connection was not made, or has ended.
    func release(_ upstream: Upstream) {
        guard let shelf = shelf(of: upstream) else { return }
        shelf.count -= 1
        count -= 1
        guard shelf.count <= 0 else { return }
        shelves[ObjectIdentifier(upstream)] = nil
        last = nil
    }

    private func shelf(of upstream: Upstream) -> Shelf? {
        if let last, last.upstream === upstream { return last }
        let found = shelves[ObjectIdentifier(upstream)]
        if found != nil { last = found }
        return found
    }

    private func addShelf(for upstream: Upstream) -> Shelf {
        let shelf = Shelf(upstream)
        shelves[ObjectIdentifier(upstream)] = shelf
        last = shelf
        return shelf
    }

    private static let warmth = LoopSpan(.seconds(2))
}
