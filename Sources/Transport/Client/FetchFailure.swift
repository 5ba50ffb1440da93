/// Why a fetch gave no answer. A status of whatever kind is an answer, not a failure.
package enum FetchFailure: Error, Sendable, Equatable {
    /// The name has no address, or the resolver failed or took too long.
    case resolve
    /// One of the name's addresses is one that must not be dialled.
    case addressRefused(IPAddress)
    case connect
    /// The outer proxy has answered CONNECT with this status: the host was not reached.
    case proxyRefused(Int)
    /// All connections that this gateway keeps to the host are in use, or it has no descriptor for another.
    case busy
    /// The certificate does not prove the name, or the handshake failed; the text is OpenSSL's and
    /// our own words, and none of the peer's.
    case tlsVerify(String)
    case timeout
    /// The answer is longer than allowed.
    case tooLarge
    /// The answer breaks a rule of HTTP, or ended early.
    case malformed
    /// The answer is encoded although no encoding was accepted.
    case encoded
    /// A third redirect, one to another host, or one that cannot be read.
    case redirect
    /// The request itself cannot be sent: a field or the target holds what may not stand there.
    case request

    package static let notDialled = ", which is not dialled"

    /// What happened, for people, of a fetch from this host.
    package func words(of host: String) -> String {
        switch self {
        case .resolve:
            "the name \(host) cannot be resolved (the hosts file does not count, outbound.resolve does)"
        case .addressRefused(let address):
            "\(host) has the address \(address)\(Self.notDialled)"
        case .connect: "\(host) does not take the connection"
        case .proxyRefused(let status):
            "the outer proxy refuses the way to \(host): status \(status) (\(code))"
        case .busy:
            "no connection to \(host) can be made now: this gateway has too many to it, or too few "
                + "descriptors"
        case .tlsVerify(let why): "no secure connection to \(host): \(why) (tls_verify)"
        case .timeout: "\(host) took too long"
        case .request: "the request to \(host) cannot be written (request)"
        case .tooLarge, .malformed, .encoded, .redirect:
            "the answer of \(host) cannot be used (\(code))"
        }
    }

    /// Whether the host has answered, with what is not taken.
    package var isAnswer: Bool {
        switch self {
        case .tooLarge, .malformed, .encoded, .redirect: true
        case .resolve, .addressRefused, .connect, .proxyRefused, .busy, .tlsVerify, .timeout,
            .request:
            false
        }
    }

    /// Whether it is certain that nothing of the request has left this process.
    package var isBeforeRequest: Bool {
        switch self {
        case .resolve, .addressRefused, .proxyRefused, .busy, .tlsVerify, .request: true
        case .connect, .timeout, .tooLarge, .malformed, .encoded, .redirect: false
        }
    }

    /// A stable word for logs and counters.
    package var code: String {
        switch self {
        case .resolve: return "resolve"
        case .addressRefused: return "address_refused"
        case .connect: return "connect"
        case .proxyRefused: return "proxy_refused"
        case .busy: return "busy"
        case .tlsVerify: return "tls_verify"
        case .timeout: return "timeout"
        case .tooLarge: return "too_large"
        case .malformed: return "malformed"
        case .encoded: return "encoded"
        case .redirect: return "redirect"
        case .request: return "request"
        }
    }
}
