import COpenSSL

/// Why a TLS connection came to a bad end.
package struct TLSFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// The class of a failure, from a closed set.
    package enum Kind: Sendable, Equatable {
        /// The peer's certificate is not trusted, not current, or not for this name.
        case certificate
        /// No version, cipher, group or signature in common.
        case nothingInCommon
        /// No application protocol in common (RFC 7301).
        case noApplicationProtocol
        /// The peer sent a fatal alert; its number is of RFC 8446 section 6.
        case alert(Int)
        /// The first bytes are HTTP: a client that speaks plain HTTP to a TLS port.
        case plainHTTP
        /// More messages without application data than a sane peer sends.
        case flood
        /// The bytes ended without close_notify: what was received may have been cut.
        case truncated
        /// Everything else that breaks the protocol.
        case violation
    }

    package let kind: Kind
    /// OpenSSL's words, for the log.
    package let detail: String

    package var description: String { "TLS: \(detail)" }

    /// From the error queue of this thread, which is emptied, after a failed call on `ssl`.
    init(after ssl: OpaquePointer) {
        let code = ERR_peek_error()
        let reason = ocmgate_error_reason(code)
        let words = takeOpenSSLReason()
        switch reason {
        case SSL_R_CERTIFICATE_VERIFY_FAILED, SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            kind = .certificate
            let result = unsafe SSL_get_verify_result(ssl)
            let text = unsafe X509_verify_cert_error_string(result)
                .map { unsafe String(cString: $0) }
            detail = result == X509_V_OK ? words : text ?? words
            return
        case SSL_R_NO_APPLICATION_PROTOCOL: kind = .noApplicationProtocol
        case SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SHARED_GROUPS, SSL_R_UNSUPPORTED_PROTOCOL,
            SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
            SSL_R_NO_SUITABLE_KEY_SHARE:
            kind = .nothingInCommon
        case SSL_R_HTTP_REQUEST, SSL_R_HTTPS_PROXY_REQUEST: kind = .plainHTTP
        case SSL_AD_REASON_OFFSET..<(SSL_AD_REASON_OFFSET + 256):
            kind = .alert(Int(reason - SSL_AD_REASON_OFFSET))
        default: kind = .violation
        }
        detail = words
    }

    init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }
}
