import COpenSSL

/// Which identities a server shows for which name. Never changed: other ones are another context's.
final class TLSIdentityTable: Sendable {
    private let byName: [String: [TLSIdentity]]
    private let fallback: [TLSIdentity]

    init(_ identities: [TLSIdentity]) throws(CryptoError) {
        guard let first = identities.first else {
            throw CryptoError("make TLS server", "no identity")
        }
        var byName: [String: [TLSIdentity]] = [:]
        for identity in identities {
            for name in identity.leaf.dnsNames { byName[name, default: []].append(identity) }
        }
        // The default's siblings with another kind of key serve its name too.
        let siblings = first.leaf.dnsNames.first.flatMap { byName[$0] } ?? []
        fallback = [first] + siblings.filter { $0.key.kind != first.key.kind }
        self.byName = byName
    }

    /// The identities for a name from the ClientHello: exact, else a wildcard over its first
    /// label, else the default.
    func identities(for name: String?) -> [TLSIdentity] {
        guard let name else { return fallback }
        let host = HostName.withoutFinalDot(name.lowercased())
        if let exact = byName[host] { return exact }
        guard let dot = host.firstIndex(of: ".") else { return fallback }
        return byName["*" + host[dot...]] ?? fallback
    }

    /// OpenSSL's callback when a client asks for what the authority says of the certificate that was
    /// chosen (`now` in unix seconds): nothing is shown that counts no more.
    func staple(to ssl: OpaquePointer, now: Int) -> Int32 {
        guard let shown = unsafe SSL_get_certificate(ssl) else { return SSL_TLSEXT_ERR_NOACK }
        let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
            .map { unsafe String(cString: $0) }
        for identity in identities(for: name)
        where unsafe X509_cmp(identity.leaf.handle.pointer, shown) == 0 {
            guard let staple = identity.staple, staple.isCurrent(now: now),
                unsafe staple.install(in: ssl)
            else { continue }
            return SSL_TLSEXT_ERR_OK
        }
        return SSL_TLSEXT_ERR_NOACK
    }

    /// Has every connection of the context show the default, unless its name picks another.
    func install(inAllOf context: OpaquePointer) -> Bool {
        // Of two with one kind of key the later replaces the earlier, so the first comes last.
        fallback.reversed().allSatisfy { unsafe $0.install(inAllOf: context) }
    }

    /// OpenSSL's certificate callback: installs the identities on the connection.
    func install(in ssl: OpaquePointer) -> Bool {
        let name = unsafe SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
            .map { unsafe String(cString: $0) }
        let chosen = identities(for: name)
        if chosen.count == fallback.count,
            zip(chosen, fallback).allSatisfy({ $0.isSame(as: $1) })
        {
            return true
        }
        // A kind of key that only the default has is not to be shown for another name.
        unsafe SSL_certs_clear(ssl)
        return chosen.reversed().allSatisfy { unsafe $0.install(in: ssl) }
    }
}
