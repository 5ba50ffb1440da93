/// Why an upstream gave no whole answer.
package enum UpstreamFailure: Error, Sendable, Equatable {
    /// The name has no address, or the resolver gave none in time.
    case unresolved
    /// One of the addresses of the name is not to be dialled.
    case addressRefused(IPAddress)
    case connectRefused
    case connectTimeout
    /// The TLS handshake failed; the text is for logs.
    case tls(String)
    /// All connections that the upstream gets are in use.
    case busy
    /// The client that asks has as many requests on their way as it may.
    case clientBusy
    /// It gave no answers lately, and is left alone for so many seconds.
    case suspended(seconds: Int)
    /// It closed, or reset, before a whole head of an answer.
    case closedEarly
    /// It closed, or reset, inside the body of the answer.
    case truncated
    case firstByteTimeout
    case idleTimeout
    /// The answer breaks a rule of HTTP.
    case malformed(RequestFailure)
    /// More than five interim answers.
    case interimFlood
    /// 101, which nobody asked for.
    case switchedProtocols
    /// The body of the answer cannot be changed as it must be.
    case untransformable
    /// The outer proxy on the way out answered CONNECT with this status.
    case proxyRefused(Int)
    /// The body of the request was longer or shorter than its head has declared.
    case bodyLength
    /// The buffered answer is longer than its reader takes.
    case tooLarge
    /// The total time that its reader grants has passed.
    case deadline
    /// The server is being stopped.
    case shutdown

    /// What a failure means for who waits for an answer.
    package enum Kind: Sendable, Equatable {
        case timeout
        /// Not now; in so many seconds, where that is known.
        case overload(retryAfter: Int?)
        /// See ``UpstreamFailure/addressRefused(_:)``.
        case addressRefused(IPAddress)
        case failed
    }

    package var kind: Kind {
        switch self {
        case .connectTimeout, .firstByteTimeout, .idleTimeout, .deadline: return .timeout
        case .busy, .clientBusy, .shutdown: return .overload(retryAfter: nil)
        case .suspended(let seconds): return .overload(retryAfter: seconds)
        case .addressRefused(let address): return .addressRefused(address)
        case .unresolved, .connectRefused, .tls, .closedEarly, .truncated, .malformed,
            .interimFlood, .switchedProtocols, .untransformable, .proxyRefused, .bodyLength,
            .tooLarge:
            return .failed
        }
    }

    /// The status for a client that waits for an answer.
    package var status: Int {
        switch kind {
        case .timeout: return 504
        case .overload: return 503
        case .addressRefused, .failed: return 502
        }
    }

    /// A stable word for logs and counters.
    package var code: String {
        switch self {
        case .unresolved: return "unresolved"
        case .addressRefused: return "address_refused"
        case .connectRefused: return "connect_refused"
        case .connectTimeout: return "connect_timeout"
        case .tls: return "tls"
        case .busy: return "busy"
        case .clientBusy: return "client_busy"
        case .suspended: return "suspended"
        case .closedEarly: return "closed_early"
        case .truncated: return "truncated"
        case .firstByteTimeout: return "first_byte_timeout"
        case .idleTimeout: return "idle_timeout"
        case .malformed: return "malformed"
        case .interimFlood: return "interim_flood"
        case .switchedProtocols: return "switched_protocols"
        case .untransformable: return "untransformable"
        case .proxyRefused: return "proxy_refused"
        case .bodyLength: return "body_length"
        case .tooLarge: return "too_large"
        case .deadline: return "deadline"
        case .shutdown: return "shutdown"
        }
    }
}
