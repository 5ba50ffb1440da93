/// The head of a request that kept every rule: what it asks for and how its body is framed.
///
/// Only `RequestHeadParser` and `HTTP2RequestReader` make one. An object, since it is handed from hand to
/// hand many times and never changes.
package final class RequestHead: Sendable {
    package let method: Method
    package let target: RequestTarget
    package let version: HTTPVersion
    package let fields: FieldList
    package let body: BodyFraming
    /// Whether the client may send another request on this connection.
    package let persistence: Persistence
    /// Whether the client waits for `100 Continue` before it sends the body.
    package let expectation: Expectation
    /// The host the request is for, equal to that of an absolute target; nil only on HTTP/1.0
    /// without `Host`.
    package let authority: Authority?

    init(
        method: Method, target: RequestTarget, version: HTTPVersion, fields: FieldList,
        body: BodyFraming, persistence: Persistence, expectation: Expectation,
        authority: Authority?
    ) {
        self.method = method
        self.target = target
        self.version = version
        self.fields = fields
        self.body = body
        self.persistence = persistence
        self.expectation = expectation
        self.authority = authority
    }

    /// What `Expect` asks for (RFC 9110, section 10.1.1).
    package enum Expectation: Sendable { case none, continue100 }

    /// The path as it was sent, escapes and all: empty for `*` and CONNECT, `/` for an absolute
    /// target without one. Not fit for routing: see `TargetPath`.
    package var path: ArraySlice<UInt8> {
        guard target.path.isEmpty, case .absolute = target.form else {
            return fields.bytes[target.path]
        }
        return Self.root[...]
    }

    /// The query as it was sent, without its `?`; nil when there was no `?`, which differs from an
    /// empty query.
    package var query: ArraySlice<UInt8>? {
        target.query.map { fields.bytes[$0] }
    }

    /// The request target, byte for byte as it was sent.
    package var rawTarget: ArraySlice<UInt8> { fields.bytes[target.whole] }

    private static let root: [UInt8] = [0x2F]
}

/// Whether a connection may carry another message after this one (RFC 9112, section 9.3).
package enum Persistence: Sendable, Equatable { case keepAlive, close }

/// The protocol version of a message: these three, and no other, are spoken here; HTTP/2 with clients
/// only.
package enum HTTPVersion: Sendable, Equatable { case http10, http11, http2 }
