/// A request of the gateway's own to some server on the Internet.
package struct OutboundRequest: Sendable {
    package var method: Method
    /// `http` only where a peer's policy allows it explicitly.
    package var scheme: Scheme
    package var authority: Authority
    /// Path and query, in visible ASCII, from `/` on.
    package var target: [UInt8]
    /// All but `Host`, `Accept-Encoding`, `Content-Length` and `Connection`, which the client
    /// writes itself.
    package var fields: [(name: FieldName, value: String)]
    package var body: [UInt8]?
    package var redirects: Redirects
    /// How long the body of the answer may be; nil for the client's own limit.
    package var responseLimit: Int?
    /// Strangers' names are looked up apart from all others.
    package var acquaintance: Acquaintance

    /// What a redirecting answer means.
    package enum Redirects: Sendable, Equatable {
        /// It is the answer.
        case returned
        /// It is followed at most twice, to the same scheme, host and port only; for GET and HEAD.
        case followedOnSameHost
    }

    package init(
        _ method: Method, scheme: Scheme = .https, authority: Authority, target: [UInt8],
        fields: [(name: FieldName, value: String)] = [], body: [UInt8]? = nil,
        redirects: Redirects = .returned, responseLimit: Int? = nil,
        acquaintance: Acquaintance = .known
    ) {
        self.method = method
        self.scheme = scheme
        self.authority = authority
        self.target = target
        self.fields = fields
        self.body = body
        self.redirects = redirects
        self.responseLimit = responseLimit
        self.acquaintance = acquaintance
    }
}
