import Synchronization

/// The memory that bodies may take which are read whole: those of one client, and all together.
///
/// What has come of a body counts from its first byte until its request is answered. A client is what
/// it is in `ClientTable`; one without an address has no limit but the one for all.
///
/// The first bytes of each client are not taken from what there is for all: whoever fills that keeps out
/// no short message of others. All clients together have no more of them than there is for all.
final class BodyBudget: Sendable {
    private let used = Mutex(Used())
    private let limit: Int
    private let limitPerClient: Int
    private let reserved: Int

    private struct Used {
        /// Of what there is for all.
        var common = 0
        /// Of what is reserved for each client.
        var reserved = 0
        var clients: [IPAddress: Int] = [:]

        /// Counts bytes that come, or that go when there are less than none.
        mutating func add(_ count: Int, of client: IPAddress?, reserved limit: Int) {
            guard let client else {
                common += count
                return
            }
            let before = clients[client, default: 0]
            let after = before + count
            let own = min(after, limit) - min(before, limit)
            reserved += own
            common += count - own
            clients[client] = after > 0 ? after : nil
        }
    }

    /// In bytes; `reserved` is what each client has whatever the others take.
    init(limit: Int, perClient: Int, reserved: Int) {
        self.limit = limit
        limitPerClient = perClient
        self.reserved = reserved
    }

    /// The answer to a body that wants more memory.
    enum Answer: Sendable, Equatable { case granted, refused }

    /// Whether `count` bytes more may be taken at the moment.
    func hasRoom(for count: Int, of client: IPAddress?) -> Answer {
        used.withLock { room(count, $0, client) }
    }

    fileprivate func take(_ count: Int, of client: IPAddress?) -> Answer {
        used.withLock { used in
            guard room(count, used, client) == .granted else { return .refused }
            used.add(count, of: client, reserved: reserved)
            return .granted
        }
    }

    fileprivate func give(back count: Int, of client: IPAddress?) {
        used.withLock { $0.add(-count, of: client, reserved: reserved) }
    }

    private func room(_ count: Int, _ used: Used, _ client: IPAddress?) -> Answer {
        guard let client else { return count <= limit - used.common ? .granted : .refused }
        let before = used.clients[client, default: 0]
        guard count <= limitPerClient - before else { return .refused }
        let own = min(before + count, reserved) - min(before, reserved)
        return own <= limit - used.reserved && count - own <= limit - used.common
            ? .granted : .refused
    }

    /// Bytes that are taken now, and by how many clients.
    var taken: (bytes: Int, clients: Int) {
        used.withLock { ($0.common + $0.reserved, $0.clients.count) }
    }
}

/// What one body has of the budget; given back with its last reference.
final class BodyShare: Sendable {
    private let budget: BodyBudget
    private let client: IPAddress?
    private let count = Mutex(0)

    init(_ budget: BodyBudget, of client: IPAddress?) {
        self.budget = budget
        self.client = client.map(\.ofClient)
    }

    /// Whether so much more may come, as far as one can tell now.
    func hasRoom(for count: Int) -> BodyBudget.Answer {
        budget.hasRoom(for: count, of: client)
    }

    /// So much more has come.
    func take(_ more: Int) -> BodyBudget.Answer {
        guard budget.take(more, of: client) == .granted else { return .refused }
        count.withLock { $0 += more }
        return .granted
    }

    deinit {
        let count = count.withLock { $0 }
        if count > 0 { budget.give(back: count, of: client) }
    }
}
