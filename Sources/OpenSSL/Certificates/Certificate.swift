import COpenSSL

/// An X.509 certificate (RFC 5280). Reading one says nothing about trust.
package struct Certificate: Sendable {
    let handle: CertificateHandle

    init(_ handle: CertificateHandle) { self.handle = handle }

    /// One certificate in DER; refused: trailing bytes.
    package init(der: [UInt8]) throws(CryptoError) {
        ERR_clear_error()
        let certificate = unsafe der.span.withPointer { base, count in
            var cursor: UnsafePointer<UInt8>? = unsafe base
            let certificate = unsafe d2i_X509(nil, &cursor, count)
            guard unsafe (cursor == base + count) else {
                unsafe X509_free(certificate)
                return unsafe nil as OpaquePointer?
            }
            return unsafe certificate
        }
        guard let certificate = unsafe certificate else { throw .last("read certificate") }
        handle = unsafe CertificateHandle(certificate)
    }

    /// All certificates of a file in its order, usually the leaf first; refused: none at all, and
    /// any block that is no certificate.
    package static func chain(pem: String) throws(CryptoError) -> [Certificate] {
        var chain: [Certificate] = []
        for block in try PEM.blocks(in: pem) {
            guard ["CERTIFICATE", "X509 CERTIFICATE"].contains(block.label) else {
                throw CryptoError("read certificate", "a PEM block that is no certificate")
            }
            chain.append(try Certificate(der: block.bytes))
        }
        if chain.isEmpty { throw CryptoError("read certificate", "no PEM block") }
        return chain
    }

    package var der: [UInt8] {
        var output: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_X509(handle.pointer, &output)
        guard count > 0, let output = unsafe output else { return [] }
        defer { unsafe ocmgate_free(output) }
        return unsafe [UInt8](UnsafeBufferPointer(start: output, count: Int(count)))
    }

    package var pem: String { PEM(label: "CERTIFICATE", bytes: der).text }

    /// The distinguished name in the form of RFC 2253, for people.
    package var subject: String { unsafe text(of: X509_get_subject_name(handle.pointer)) }

    /// The issuer's distinguished name in the form of RFC 2253, for people.
    package var issuer: String { unsafe text(of: X509_get_issuer_name(handle.pointer)) }

    /// Start of validity in unix seconds; nil when it cannot be read.
    package var notBefore: Int? { unsafe seconds(X509_get0_notBefore(handle.pointer)) }

    /// Last second of validity in unix seconds; nil when it cannot be read.
    package var notAfter: Int? { unsafe seconds(X509_get0_notAfter(handle.pointer)) }

    /// Whether `now` (unix seconds) lies in the validity; false when a date cannot be read.
    package func isCurrent(now: Int) -> Bool {
        guard let notBefore, let notAfter else { return false }
        return notBefore <= now && now <= notAfter
    }

    /// SHA-256 of the DER, in lower-case hexadecimal.
    package var fingerprint: String { Hex.encode(Hash.sha256.digest(der)) }

    /// The key it certifies; throws for a kind or quality of key that `PublicKey` refuses.
    package func publicKey() throws(CryptoError) -> PublicKey {
        ERR_clear_error()
        var output: UnsafeMutablePointer<UInt8>?
        let count = unsafe i2d_X509_PUBKEY(X509_get_X509_PUBKEY(handle.pointer), &output)
        guard count > 0, let output = unsafe output else { throw .last("read certificate") }
        defer { unsafe ocmgate_free(output) }
        return try PublicKey(
            spki: unsafe [UInt8](UnsafeBufferPointer(start: output, count: Int(count))))
    }

    /// Whether this one is signed by the key of `issuer`, which may sign certificates and has the name that
    /// is written here (RFC 5280 section 6.1.3, (a)(1) and (a)(4)). Says nothing about dates or trust.
    package func isIssued(by issuer: Certificate) -> Bool {
        ERR_clear_error()
        defer { ERR_clear_error() }
        guard unsafe X509_check_issued(issuer.handle.pointer, handle.pointer) == X509_V_OK else {
            return false
        }
        return unsafe X509_verify(handle.pointer, X509_get0_pubkey(issuer.handle.pointer)) == 1
    }

    private func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int? {
        guard let time = unsafe time else { return nil }
        let seconds = unsafe ocmgate_unix_time(time)
        return seconds < 0 ? nil : Int(seconds)
    }

    private func text(of name: OpaquePointer?) -> String {
        guard let name = unsafe name, let output = unsafe BIO_new(BIO_s_mem()) else { return "" }
        defer { unsafe BIO_free(output) }
        guard unsafe ocmgate_name_print(output, name) == 1 else {
            return ""
        }
        var bytes: [UInt8] = []
        while true {
            let chunk = unsafe [UInt8](filling: 256) { room in
                Int(max(0, unsafe BIO_read(output, room, 256)))
            }
            if chunk.isEmpty { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk
        }
    }
}

extension Certificate: Equatable {
    /// Same bytes.
    package static func == (a: Certificate, b: Certificate) -> Bool {
        unsafe X509_cmp(a.handle.pointer, b.handle.pointer) == 0
    }
}

/// An `X509`.
///
/// Unchecked Sendable: never changed after it is made; OpenSSL's own caches in it lock.
@safe final class CertificateHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Takes over the reference.
    init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }

    /// Adds a reference of its own.
    init(sharing pointer: OpaquePointer) {
        unsafe X509_up_ref(pointer)
        unsafe self.pointer = pointer
    }

    deinit { unsafe X509_free(pointer) }
}
