import COpenSSL

/// What the authority says of a server's certificate (RFC 6960), to be shown with it (RFC 6066 section 8).
///
/// Made only of a response that says "good" of this certificate and is signed by its issuer, or by whom
/// that issuer lets sign.
package struct OCSPStaple: Sendable {
    let response: [UInt8]
    /// Unix seconds from which it counts.
    package let since: Int
    /// Unix seconds at which it counts no more.
    package let until: Int

    /// Refused: what is no response in DER, one about another certificate, one that does not say "good",
    /// one that is not signed as it must be, one without an end, and a chain without the issuer.
    package init(der: [UInt8], for chain: [Certificate]) throws(CryptoError) {
        guard chain.count > 1 else {
            throw CryptoError("read OCSP response", "the chain does not hold the issuer")
        }
        ERR_clear_error()
        defer { ERR_clear_error() }
        let response = unsafe der.span.withPointer { base, count in
            var cursor: UnsafePointer<UInt8>? = unsafe base
            let response = unsafe d2i_OCSP_RESPONSE(nil, &cursor, count)
            guard unsafe (cursor == base + count) else {
                unsafe OCSP_RESPONSE_free(response)
                return unsafe nil as OpaquePointer?
            }
            return unsafe response
        }
        guard let response = unsafe response else {
            throw CryptoError("read OCSP response", "not DER")
        }
        defer { unsafe OCSP_RESPONSE_free(response) }
        var since: CLongLong = -1
        var until: CLongLong = -1
        guard
            unsafe ocmgate_ocsp_good(
                response, chain[0].handle.pointer, chain[1].handle.pointer, &since, &until) == 1
        else {
            throw CryptoError(
                "read OCSP response", "it does not say that the first certificate is good")
        }
        guard since >= 0, until > since else {
            throw CryptoError("read OCSP response", "it does not say until when it counts")
        }
        self.response = der
        self.since = Int(since)
        self.until = Int(until)
    }

    /// Whether it counts at `now` (unix seconds).
    package func isCurrent(now: Int) -> Bool { since <= now && now < until }

    /// Gives it to a connection that is asked for it; false without memory.
    func install(in ssl: OpaquePointer) -> Bool {
        unsafe response.span.withPointer { base, count in
            unsafe ocmgate_tls_staple(ssl, base, count) == 1
        }
    }
}
