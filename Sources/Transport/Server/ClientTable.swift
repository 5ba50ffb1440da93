/// How many connections, or requests, each client has: an IPv4 address, or an IPv6 /64, is one client.
struct ClientTable: Sendable {
    private var counts: [IPAddress: Int] = [:]
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// The answer to a new connection.
    enum Admission: Sendable, Equatable { case admitted, refused }

    /// Counts one more, unless the client has as many as it may.
    mutating func admit(_ address: IPAddress) -> Admission {
        let client = Self.client(address)
        let count = counts[client, default: 0]
        guard count < limit else { return .refused }
        counts[client] = count + 1
        return .admitted
    }

    /// One that was admitted has ended.
    mutating func leave(_ address: IPAddress) {
        let client = Self.client(address)
        guard let count = counts[client] else { return }
        counts[client] = count > 1 ? count - 1 : nil
    }

    /// How many clients are known.
    var count: Int { counts.count }

    /// The client that an address belongs to.
    static func client(_ address: IPAddress) -> IPAddress {
        switch address.unmapped {
        case .v4(let address): return .v4(address)
        case .v6(let upper, _): return .v6(upper, 0)
        }
    }
}
