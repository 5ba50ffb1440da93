package import OpenSSL
import Synchronization

/// Makes the gateway's own requests to servers on the Internet: discovery, keys, tokens, messages.
///
/// Certificate and name are checked; every address that a name resolves to is judged, one that is
/// forbidden refuses the name, and only a judged address is dialled. Encoded answers are refused.
package final class OutboundClient: Sendable {
    private let configuration: OutboundConfiguration
    private let group: LoopGroup
    private let upstreams = Mutex<[Key: Upstream]>([:])

    private struct Key: Hashable {
        let scheme: Scheme
        let authority: Authority
        let acquaintance: Acquaintance
    }

    package init(_ configuration: OutboundConfiguration, on group: LoopGroup) {
        self.configuration = configuration
        self.group = group
    }

    /// Sends one request and takes its whole answer; where the request has redirects followed, that of the place
    /// on the same host, by the same scheme, to which they lead.
    ///
    /// Refused (`redirect`): a redirect elsewhere, and the third one.
    package func fetch(
        _ request: OutboundRequest
    ) async throws(FetchFailure) -> BufferedResponse {
        let end = ContinuousClock.now + configuration.total
        var target = request.target
        for _ in 0...Self.mostRedirects {
            let response = try await send(request, target, until: end)
            guard request.redirects == .followedOnSameHost, response.isRedirect else {
                return response
            }
            target = try self.target(of: response, from: request)
        }
        throw .redirect
    }

    /// An upstream for forwarding to a server on the Internet under the same guard; the same
    /// value for the same of all that is given. Of scheme `http` it is a connection without TLS,
    /// as for a `Tunnel`.
    package func upstream(
        scheme: Scheme, authority: Authority, acquaintance: Acquaintance = .known
    ) -> Upstream {
        let key = Key(
            scheme: scheme, authority: authority.normalized(for: scheme),
            acquaintance: acquaintance)
        return upstreams.withLock { upstreams in
            if let known = upstreams[key] { return known }
            if upstreams.count >= Self.capacity { upstreams.removeAll() }
            let made = make(key)
            upstreams[key] = made
            return made
        }
    }

    /// Resolves a server of https and judges its addresses, without dialling; what is wrong, or
    /// nil. The dial itself judges anew.
    package func judge(
        _ authority: Authority, as acquaintance: Acquaintance = .known
    ) async -> UpstreamFailure? {
        let (dialled, _) = place(of: authority.normalized(for: .https), .https)
        let addresses: [IPAddress]
        switch dialled {
        case .address(let address): addresses = [address]
        case .name(let name):
            guard configuration.guarding.judge(dialled) == .allowed else { return .unresolved }
            let loop = group.any
            do {
                addresses = try await loop.addresses(of: name, for: acquaintance)
            } catch { return .unresolved }
        }
        for address in addresses where configuration.guarding.judge(address) != .allowed {
            return .addressRefused(address)
        }
        return nil
    }

    /// Where a server is dialled.
    private func place(
        of authority: Authority, _ scheme: Scheme
    ) -> (Authority.Host, port: UInt16) {
        let port = authority.port ?? scheme.defaultPort
        let full = Authority(host: authority.host, port: port)
        let dialled = configuration.resolve[full] ?? full
        return (dialled.host, dialled.port ?? port)
    }

    private func make(_ key: Key) -> Upstream {
        let (host, port) = place(of: key.authority, key.scheme)
        var limits = UpstreamLimits()
        limits.connect = configuration.connect
        limits.firstByte = configuration.headers
        limits.idleConnections = 64
        let security: UpstreamSecurity? =
            switch key.scheme {
            case .https:
                UpstreamSecurity(
                    context: configuration.tls, serverName: key.authority.host.description)
            case .http: nil
            }
        return Upstream(
            .tcp(host, port: port), security: security,
            guarding: configuration.guarding, acquaintance: key.acquaintance,
            through: configuration.proxy, limits: limits)
    }

    private func send(
        _ request: OutboundRequest, _ target: [UInt8], until end: ContinuousClock.Instant
    ) async throws(FetchFailure) -> BufferedResponse {
        let left = end - ContinuousClock.now
        guard left > .zero else { throw .timeout }
        let head = try self.head(request, target)
        let buffered = BufferedRequest(
            request.method, head: head, body: request.body,
            responseLimit: request.responseLimit ?? configuration.maxResponse, deadline: left)
        let upstream = upstream(
            scheme: request.scheme, authority: request.authority,
            acquaintance: request.acquaintance)
        let response: BufferedResponse
        do { response = try await group.any.exchange(buffered, with: upstream) } catch {
            throw FetchFailure(error)
        }
        if response.isCoded { throw .encoded }
        return response
    }

    private func head(
        _ request: OutboundRequest, _ target: [UInt8]
    ) throws(FetchFailure) -> HeadWriter {
        do throws(HeadWriter.InvalidField) {
            var writer = HeadWriter(reserving: 512)
            try writer.requestLine(request.method, target)
            try writer.add(
                .host, request.authority.normalized(for: request.scheme).description)
            for (name, value) in request.fields { try writer.add(name, value) }
            try writer.add(.acceptEncoding, "identity")
            return writer
        } catch {
            throw .request
        }
    }

    /// Where a redirect leads, when that is the same host by the same scheme.
    private func target(
        of response: BufferedResponse, from request: OutboundRequest
    ) throws(FetchFailure) -> [UInt8] {
        guard let text = response.fields.text(.location) else { throw .redirect }
        if text.hasPrefix("/"), !text.hasPrefix("//") { return Array(text.utf8) }
        guard let url = try? HTTPURL(text), url.scheme == request.scheme,
            url.authority.normalized(for: url.scheme)
                == request.authority.normalized(for: request.scheme)
        else { throw .redirect }
        return Array(url.target.utf8)
    }

    private static let mostRedirects = 2
    private static let capacity = 2000
}

/// What an `OutboundClient` trusts, dials and waits for.
package struct OutboundConfiguration: Sendable {
    package var tls: TLSContext
    /// Judges every address before it is dialled, those of `resolve` too.
    package var guarding: AddressGuard
    /// `host:port` to the one that is dialled in its place; name and certificate stay those of
    /// the first. Like curl's `--connect-to`.
    package var resolve: [Authority: Authority] = [:]
    /// What every connection goes through. Names are resolved and judged here all the same, and the
    /// proxy is asked for an address.
    package var proxy: OuterProxy?
    package var connect = Duration.seconds(3)
    package var headers = Duration.seconds(10)
    package var total = Duration.seconds(15)
    /// In bytes.
    package var maxResponse = 256 << 10

    package init(tls: TLSContext, guarding: AddressGuard) {
        self.tls = tls
        self.guarding = guarding
    }
}

extension BufferedResponse {
    /// Whether what was asked for is elsewhere (RFC 9110, section 15.4).
    package var isRedirect: Bool {
        switch status {
        case 301, 302, 303, 307, 308: true
        case _: false
        }
    }
}

extension FetchFailure {
    /// What an exchange that failed means for a fetch.
    fileprivate init(_ failure: UpstreamFailure) {
        switch failure {
        case .unresolved: self = .resolve
        case .addressRefused(let address): self = .addressRefused(address)
        case .tls(let detail): self = .tlsVerify(detail)
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .deadline: self = .timeout
        case .tooLarge: self = .tooLarge
        case .proxyRefused(let status): self = .proxyRefused(status)
        case .busy, .clientBusy: self = .busy
        case .untransformable, .bodyLength: self = .connect
        case .malformed, .interimFlood, .switchedProtocols, .truncated: self = .malformed
        case .connectRefused, .suspended, .closedEarly, .shutdown: self = .connect
        }
    }
}
