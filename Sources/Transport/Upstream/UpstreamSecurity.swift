package import OpenSSL

/// How an upstream proves who it is.
package struct UpstreamSecurity: Sendable {
    package let context: TLSContext
    /// The name, or the address, that its certificate must be for.
    package let serverName: String

    package init(context: TLSContext, serverName: String) {
        self.context = context
        self.serverName = serverName
    }
}
