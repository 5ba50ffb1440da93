import Synchronization

/// The memory that bodies may take which are read whole: those of one client, and all together.
///
/// What has come of a body counts from its first byte until its request is answered. A client is what
/// it is in `ClientTable`; one without an address has no limit but the one for all.
final class BodyBudget: Sendable {
    private let used = Mutex(Used())
    private let limit: Int
    private let limitPerClient: Int

    private struct Used {
        var total = 0
        var clients: [IPAddress: Int] = [:]
    }

    /// In bytes.
    init(limit: Int, perClient: Int) {
        self.limit = limit
        limitPerClient = perClient
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
            used.total += count
            if let client { used.clients[client, default: 0] += count }
            return .granted
        }
    }

    fileprivate func give(back count: Int, of client: IPAddress?) {
        used.withLock { used in
            used.total -= count
            guard let client, let before = used.clients[client] else { return }
            used.clients[client] = before > count ? before - count : nil
        }
    }

    private func room(_ count: Int, _ used: Used, _ client: IPAddress?) -> Answer {
        guard count <= limit - used.total else { return .refused }
        guard let client else { return .granted }
        return count <= limitPerClient - used.clients[client, default: 0] ? .granted : .refused
    }

    /// Bytes that are taken now, and by how many clients.
    var taken: (bytes: Int, clients: Int) {
        used.withLock { ($0.total, $0.clients.count) }
    }
}

/// What one body has of the budget; given back with its last reference.
final class BodyShare: Sendable {
    private let budget: BodyBudget
    private let client: IPAddress?
    private let count = Mutex(0)

    init(_ budget: BodyBudget, of client: IPAddress?) {
        self.budget = budget
        self.client = client.map { ClientTable.client($0) }
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
