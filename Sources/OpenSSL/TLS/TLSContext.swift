import COpenSSL

/// What many connections of one listener, or of one kind of client, have in common.
///
/// Both sides: TLS 1.2 with AEAD and ECDHE, and TLS 1.3; groups X25519, P-256, P-384; no
/// renegotiation, compression or early data.
package final class TLSContext: Sendable {
    /// Which side of the handshake.
    enum Role { case server, client }

    let handle: TLSContextHandle
    let role: Role
    private let table: TLSIdentityTable?
    /// How many bytes a peer may send until the handshake is done.
    let handshakeLimit: Int
    private let alpn: ALPNList
    private let ticketKeys: TLSTicketKeys

    /// A server. `identities`: the first is the default, names in the ClientHello pick others.
    /// A client that offers ALPN without any of `alpn` gets the alert no_application_protocol
    /// (RFC 7301 section 3.2); an empty `alpn` ignores the offer. With `clientTrust` clients are
    /// asked for a certificate; one that it does not certify, or not for clients, or not now, ends
    /// the handshake. A client that shows none is let in: see `TLSNegotiation.peerCertificate`.
    ///
    /// A context that takes the place of `former` opens the tickets which that one gave out: sessions
    /// are resumed over a change of certificates, but not over one of `clientTrust`.
    package static func server(
        identities: [TLSIdentity], minimum: TLSVersion = .tls12, maximum: TLSVersion = .tls13,
        alpn: [String] = [],
        clientTrust: TLSTrust? = nil, succeeding former: TLSContext? = nil
    ) throws(CryptoError) -> TLSContext {
        let table = try TLSIdentityTable(identities)
        let context = try TLSContext(
            .server, table: table, tickets: former?.ticketKeys, versions: (minimum, maximum),
            alpn: alpn,
            // Without a certificate, a client has little to say.
            handshakeLimit: clientTrust == nil ? 16 << 10 : 128 << 10)
        try context.setUpServer(table, clientTrust)
        return context
    }

    /// A client. The server's certificate and name are always checked. `identity` is shown to a
    /// server that asks for one.
    package static func client(
        trust: TLSTrust, minimum: TLSVersion = .tls12, maximum: TLSVersion = .tls13,
        alpn: [String] = [],
        identity: TLSIdentity? = nil
    ) throws(CryptoError) -> TLSContext {
        let table: TLSIdentityTable? =
            if let identity { try TLSIdentityTable([identity]) } else { nil }
        let context = try TLSContext(
            .client, table: table, versions: (minimum, maximum), alpn: alpn,
            // More than any certificate chain that OpenSSL would take.
            handshakeLimit: 128 << 10)
        try context.setUpClient(trust)
        return context
    }

    private init(
        _ role: Role, table: TLSIdentityTable?, tickets: TLSTicketKeys? = nil,
        versions: (minimum: TLSVersion, maximum: TLSVersion),
        alpn: [String], handshakeLimit: Int
    ) throws(CryptoError) {
        ERR_clear_error()
        self.role = role
        self.handshakeLimit = handshakeLimit
        self.table = table
        ticketKeys = tickets ?? TLSTicketKeys()
        self.alpn = try ALPNList(alpn)
        handle = try TLSContextHandle(role)
        unsafe ocmgate_tls_restrict(handle.pointer)
        guard
            unsafe ocmgate_tls_versions(
                handle.pointer, versions.minimum.number, versions.maximum.number) == 1,
            unsafe SSL_CTX_set_cipher_list(handle.pointer, Self.ciphers12) == 1,
            unsafe SSL_CTX_set_ciphersuites(handle.pointer, Self.ciphers13) == 1,
            unsafe ocmgate_tls_groups(handle.pointer, "X25519:P-256:P-384") == 1
        else { throw .last("make TLS context") }
        unsafe SSL_CTX_set_verify_depth(handle.pointer, 10)
        if let table {
            guard unsafe table.install(inAllOf: handle.pointer) else {
                throw .last("make TLS context")
            }
            // The table lives as long as this object, which every engine keeps.
            unsafe SSL_CTX_set_cert_cb(
                handle.pointer,
                { ssl, argument in
                    guard let ssl = unsafe ssl, let argument = unsafe argument else { return 0 }
                    let table = unsafe Unmanaged<TLSIdentityTable>.fromOpaque(argument)
                    return unsafe table.takeUnretainedValue().install(in: ssl) ? 1 : 0
                }, Unmanaged.passUnretained(table).toOpaque())
        }
    }

    private func setUpServer(
        _ table: TLSIdentityTable, _ clientTrust: TLSTrust?
    ) throws(CryptoError) {
        let context = unsafe handle.pointer
        // Acknowledges every name, so that the name can be read afterwards.
        unsafe ocmgate_tls_on_server_name(context) { _, _, _ in SSL_TLSEXT_ERR_OK }
        unsafe SSL_CTX_set_num_tickets(context, 1)
        let scope = Self.sessionScope(clientTrust)
        guard
            unsafe SSL_CTX_set_session_id_context(context, scope, UInt32(scope.count)) == 1
        else { throw .last("make TLS context") }
        if !alpn.isEmpty {
            unsafe SSL_CTX_set_alpn_select_cb(
                context, ALPNList.select, Unmanaged.passUnretained(alpn).toOpaque())
        }
        try handle.attach(ticketKeys)
        try handle.staple(from: table)
        if let clientTrust {
            try trust(clientTrust, asking: .forClientCertificates)
            unsafe SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nil)
        }
    }

    private func setUpClient(_ trusted: TLSTrust) throws(CryptoError) {
        unsafe SSL_CTX_set_verify(handle.pointer, SSL_VERIFY_PEER, nil)
        try trust(trusted, asking: .forNothing)
        if !alpn.isEmpty {
            // Alone among its kind, this function returns 0 for success.
            let result = unsafe alpn.withWire {
                unsafe SSL_CTX_set_alpn_protos(handle.pointer, $0, $1)
            }
            if result != 0 { throw .last("make TLS context") }
        }
    }

    /// Whether the peer is told which authorities we believe.
    private enum Request { case forClientCertificates, forNothing }

    private func trust(_ trust: TLSTrust, asking request: Request) throws(CryptoError) {
        let authorities: [Certificate]
        switch trust {
        case .system(let added):
            authorities = added
            guard unsafe SSL_CTX_set_default_verify_paths(handle.pointer) == 1 else {
                throw .last("read the system's trust store")
            }
        case .only(let named):
            authorities = named
            if named.isEmpty { throw CryptoError("make TLS context", "nobody to trust") }
        }
        let store = unsafe SSL_CTX_get_cert_store(handle.pointer)
        for authority in authorities {
            try check(
                unsafe X509_STORE_add_cert(store, authority.handle.pointer), "trust certificate")
            switch request {
            case .forNothing: break
            case .forClientCertificates:
                try check(
                    unsafe SSL_CTX_add_client_CA(handle.pointer, authority.handle.pointer),
                    "trust certificate")
            }
        }
    }

    /// What a session is good for: one that began under other authorities for clients is not
    /// resumed, but shaken hands over anew. 32 bytes.
    private static func sessionScope(_ clientTrust: TLSTrust?) -> [UInt8] {
        let authorities =
            switch clientTrust {
            case nil: [Certificate]()
            case .system(let added): added
            case .only(let named): named
            }
        return Hash.sha256.digest([UInt8]("ocmgate".utf8) + authorities.flatMap(\.der))
    }

    private static let ciphers13 =
        "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"

    private static let ciphers12 = [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ].joined(separator: ":")
}
