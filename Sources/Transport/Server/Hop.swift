/// What the other end of a connection is: a client, or a hop whose word on its clients is believed.
enum Hop: Sendable {
    case stranger
    case trusted(IPAddress)

    init(_ client: ClientConnection, _ site: ServerSite) {
        if let address = client.address, site.proxies.contains(address) {
            self = .trusted(address)
        } else {
            self = .stranger
        }
    }

    /// Whom a request of `client`, which is this end, comes from.
    func requester(
        of head: RequestHead, _ site: ServerSite, _ client: ClientConnection
    ) throws(RequestFailure) -> ClientConnection {
        switch self {
        case .stranger: return client
        case .trusted(let address):
            return client.vouching(for: try site.proxies.client(of: head.fields, behind: address))
        }
    }
}
