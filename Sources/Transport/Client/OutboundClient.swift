/// Makes the gateway's own requests to servers on the Internet: discovery, keys, tokens, messages.
///
/// Certificate and name are checked; every address that a name resolves to is judged, one that is
/// forbidden refuses the name, and only a judged address is dialled. Encoded answers are refused.
package final class OutboundClient: Sendable {
    private let configuration: OutboundConfiguration

    package init(_ configuration: OutboundConfiguration) {
        self.configuration = configuration
    }

    /// Sends one request and takes its whole answer.
    package func fetch(
        _ request: OutboundRequest
    ) async throws(FetchFailure) -> BufferedResponse {
        throw .connect
    }

    /// An upstream for forwarding to a server on the Internet under the same guard; the same
    /// value for the same scheme and authority.
    package func upstream(scheme: Scheme, authority: Authority) -> Upstream {
        Upstream(.tcp(authority.host, port: authority.port ?? scheme.defaultPort))
    }
}

/// What an `OutboundClient` trusts, dials and waits for.
package struct OutboundConfiguration: Sendable {
    /// `host:port` to the one that is dialled in its place; name and certificate stay those of
    /// the first. Like curl's `--connect-to`.
    package var resolve: [Authority: Authority] = [:]
    package var connect = Duration.seconds(3)
    package var headers = Duration.seconds(10)
    package var total = Duration.seconds(15)
    /// In bytes.
    package var maxResponse = 256 << 10

    package init() {}
}
