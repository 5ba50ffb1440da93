/// As whom the clients of a server are counted: who comes to its listeners, and who goes its way out. Neither takes
/// connections or memory from the other.
struct Censuses: Sendable {
    /// Of listeners with `ClientCounting.each`.
    let clients: Census
    /// Of those with `ClientCounting.together`.
    let wayOut: Census

    init(
        _ configuration: ServerConfiguration, _ descriptors: DescriptorLimit,
        _ pressure: SharedPressure
    ) {
        let room = ConnectionRoom(
            configuration.limits.connections, configuration.listeners.map(\.counting),
            within: descriptors)
        var limits = configuration.limits
        limits.connections = room.clients
        clients = Census(limits, pressure: pressure)
        limits.connections = room.wayOut
        limits.gatheredBytes /= 4
        limits.documentBytes /= 4
        wayOut = Census(limits, pressure: pressure)
    }

    subscript(_ counting: ClientCounting) -> Census {
        switch counting {
        case .each: clients
        case .together: wayOut
        }
    }

    /// Does something to both of them.
    func forEach(_ body: (Census) -> Void) {
        body(clients)
        body(wayOut)
    }

    /// Connections of all of them.
    var count: Int { clients.count + wayOut.count }
}

/// How many connections there may be: those of who comes, and those of the way out.
///
/// The way out has an eighth of `ServerLimits.connections` beside them, and 16 at least. Where the descriptors do not
/// reach for both it has a ninth of what they allow: but 16, unless that is more than half.
struct ConnectionRoom: Sendable, Equatable {
    let clients: Int
    /// None where no listener is of that kind.
    let wayOut: Int

    init(_ connections: Int, _ countings: [ClientCounting], within descriptors: DescriptorLimit) {
        let all = descriptors.clients
        guard countings.contains(.together) else {
            clients = min(connections, all)
            wayOut = 0
            return
        }
        clients = min(connections, all - max(all / 9, min(16, all / 2)))
        wayOut = min(Self.beside(connections), all - clients)
    }

    /// What the way out has beside so many connections.
    static func beside(_ connections: Int) -> Int { max(connections / 8, 16) }
}
