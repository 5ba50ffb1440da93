/// How the body of a request is delimited (RFC 9112, section 6).
package enum BodyFraming: Sendable, Equatable {
    /// Neither `Content-Length` nor `Transfer-Encoding`: no body.
    case none
    /// Exactly this many bytes, possibly zero.
    case length(Int)
    /// Until its end is told: by the last chunk, or by the frames of HTTP/2.
    case chunked
}

/// How the body of an answer is delimited, which also depends on the request (RFC 9112,
/// section 6.3).
package enum ResponseFraming: Sendable, Equatable {
    /// No body follows, whatever the fields say: HEAD, 1xx, 204, 304.
    case none
    case length(Int)
    case chunked
    /// Until the upstream closes; without TLS's close_notify this is an abort, not an end.
    case untilClose
    /// A 2xx to CONNECT, or 101: from here on bytes go both ways, and this is HTTP no more.
    case tunnel
}
