/// How many connections, or requests, each client has: an IPv4 address, or an IPv6 /64, is one client.
struct ClientTable: Sendable {
    private var counts: [IPAddress: Int] = [:]
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// The answer to a new connection.
    enum Admission: Sendable, Equatable { case admitted, refused }

    /// Counts one more, unless the client has as many as it may.
    mutating func admit(_ address: IPAddress) -> Admission {
        let client = address.ofClient
        let count = counts[client, default: 0]
        guard count < limit else { return .refused }
        counts[client] = count + 1
        return .admitted
    }

    /// One that was admitted has ended.
    mutating func leave(_ address: IPAddress) {
        let client = address.ofClient
        guard let count = counts[client] else { return }
        counts[client] = count > 1 ? count - 1 : nil
    }

    /// How many clients are known.
    var count: Int { counts.count }
}

extension IPAddress {
    /// The one address that stands for the client that this belongs to.
    package var ofClient: IPAddress {
        switch unmapped {
        case .v4(let address): .v4(address)
        case .v6(let upper, _): .v6(upper, 0)
        }
    }
}
