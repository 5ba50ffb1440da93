import COpenSSL

/// What a handshake agreed on.
package struct TLSNegotiation: Sendable {
    package let version: TLSVersion
    /// The application protocol (RFC 7301), nil when none was negotiated.
    package let alpn: String?
    /// The name that the client asked for (RFC 6066 section 3), as it wrote it.
    package let serverName: String?
    /// Whether an earlier session was resumed: no certificate was sent this time.
    package let resumed: Bool
    /// What the peer showed, the leaf, when it was verified: a server's always, a client's when it
    /// was asked for one and had it. A resumed session remembers it, also past its end: whoever
    /// relies on it looks at `Certificate.isCurrent`.
    package let peerCertificate: Certificate?

    init?(of ssl: OpaquePointer) {
        guard
            let version = TLSVersion.allCases.first(where: {
                unsafe $0.number == SSL_version(ssl)
            })
        else { return nil }
        self.version = version
        var protocolName: UnsafePointer<UInt8>?
        var count: UInt32 = 0
        unsafe SSL_get0_alpn_selected(ssl, &protocolName, &count)
        alpn =
            count == 0
            ? nil
            : unsafe String(
                decoding: UnsafeBufferPointer(start: protocolName, count: Int(count)),
                as: UTF8.self)
        serverName = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
            .map { unsafe String(cString: $0) }
        resumed = unsafe SSL_session_reused(ssl) == 1
        peerCertificate =
            unsafe SSL_get_verify_result(ssl) == Int(X509_V_OK)
            ? unsafe SSL_get0_peer_certificate(ssl).map {
                unsafe Certificate(CertificateHandle(sharing: $0))
            } : nil
    }
}

/// What lets a client resume: a ticket and its secret, good for the same context and name only.
///
/// Unchecked Sendable: an `SSL_SESSION` is not changed once its connection gave it out.
@safe package final class TLSSession: @unchecked Sendable {
    let pointer: OpaquePointer
    let context: TLSContext
    let serverName: String

    /// Takes over the reference.
    init(_ pointer: OpaquePointer, context: TLSContext, serverName: String) {
        unsafe self.pointer = pointer
        self.context = context
        self.serverName = serverName
    }

    deinit { unsafe SSL_SESSION_free(pointer) }
}
