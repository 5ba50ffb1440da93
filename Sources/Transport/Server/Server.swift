/// A running HTTP server.
package final class Server: Sendable {
    /// Where it listens, in the order of the configuration, with the ports that were chosen.
    package let addresses: [ListenAddress]

    private init(addresses: [ListenAddress]) {
        self.addresses = addresses
    }

    /// Starts to listen. Throws `ListenFailure` when an address cannot be had.
    package static func start(
        _ configuration: ServerConfiguration, handler: any RequestHandler
    ) async throws -> Server {
        throw ListenFailure(address: "", reason: "not listening")
    }

    /// Stops accepting, lets the requests in flight end for at most `grace`, then closes what is
    /// left.
    package func shutdown(grace: Duration) async {}
}

/// An address that cannot be listened on.
package struct ListenFailure: Error, CustomStringConvertible {
    package let address: String
    package let reason: String

    package var description: String { "cannot listen on \(address): \(reason)" }
}
