import COpenSSL

/// An `SSL_CTX`.
///
/// Unchecked Sendable: set up by one owner before it is shared; OpenSSL locks what connections
/// change in it afterwards.
@safe final class TLSContextHandle: @unchecked Sendable {
    let pointer: OpaquePointer

    init(_ role: TLSContext.Role) throws(CryptoError) {
        let method = unsafe role == .server ? TLS_server_method() : TLS_client_method()
        guard let context = unsafe SSL_CTX_new(method) else { throw .last("make TLS context") }
        unsafe pointer = context
    }

    /// Lets OpenSSL ask `keys` for ticket keys; the caller keeps them as long as this object.
    func attach(_ keys: TLSTicketKeys) throws(CryptoError) {
        let argument = unsafe Unmanaged.passUnretained(keys).toOpaque()
        try check(
            unsafe SSL_CTX_set_ex_data(pointer, Self.ticketKeysIndex, argument),
            "make TLS context")
        let result = unsafe SSL_CTX_set_tlsext_ticket_key_evp_cb(pointer) {
            ssl, name, iv, cipher, mac, sealing in
            guard let ssl = unsafe ssl, let name = unsafe name, let iv = unsafe iv,
                let cipher = unsafe cipher, let mac = unsafe mac,
                let argument = unsafe SSL_CTX_get_ex_data(
                    SSL_get_SSL_CTX(ssl), TLSContextHandle.ticketKeysIndex)
            else { return -1 }
            let keys = unsafe Unmanaged<TLSTicketKeys>.fromOpaque(argument).takeUnretainedValue()
            return sealing == 1
                ? unsafe keys.seal(name, iv, cipher, mac)
                : unsafe keys.open(name, iv, cipher, mac)
        }
        try check(Int32(result), "make TLS context")
    }

    /// Lets OpenSSL ask `table` for what authorities say of its certificates; the caller keeps it as
    /// long as this object.
    func staple(from table: TLSIdentityTable) throws(CryptoError) {
        let argument = unsafe Unmanaged.passUnretained(table).toOpaque()
        try check(
            unsafe SSL_CTX_set_ex_data(pointer, Self.identitiesIndex, argument), "make TLS context")
        unsafe ocmgate_tls_on_status_request(pointer) { ssl, _ in
            guard let ssl = unsafe ssl,
                let argument = unsafe SSL_CTX_get_ex_data(
                    SSL_get_SSL_CTX(ssl), TLSContextHandle.identitiesIndex)
            else { return SSL_TLSEXT_ERR_NOACK }
            let table = unsafe Unmanaged<TLSIdentityTable>.fromOpaque(argument)
            return unsafe table.takeUnretainedValue().staple(
                to: ssl, now: Int(ocmgate_now()))
        }
    }

    private static let identitiesIndex = ocmgate_tls_ex_data_index()
    private static let ticketKeysIndex = ocmgate_tls_ex_data_index()

    deinit { unsafe SSL_CTX_free(pointer) }
}

/// Protocol names in the wire form of RFC 7301 section 3.1, in memory that does not move.
///
/// Unchecked Sendable: written only while it is made.
@safe final class ALPNList: @unchecked Sendable {
    private let wire: UnsafeMutableBufferPointer<UInt8>

    /// Refuses empty names and names longer than 255 bytes.
    init(_ names: [String]) throws(CryptoError) {
        var bytes: [UInt8] = []
        for name in names {
            guard let count = UInt8(exactly: name.utf8.count), count > 0 else {
                throw CryptoError("make TLS context", "a protocol name of no or too many bytes")
            }
            bytes.append(count)
            bytes += name.utf8
        }
        unsafe wire = .allocate(capacity: bytes.count)
        _ = unsafe wire.initialize(fromContentsOf: bytes)
    }

    var isEmpty: Bool { unsafe wire.isEmpty }

    func withWire<R>(_ body: (UnsafePointer<UInt8>?, UInt32) -> R) -> R {
        unsafe body(UnsafePointer(wire.baseAddress), UInt32(wire.count))
    }

    /// OpenSSL's callback: our first name that the client offers, else the fatal alert.
    static let select:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?,
            UnsafeMutablePointer<UInt8>?, UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
        ) -> Int32 = { _, chosen, chosenCount, offer, offerCount, argument in
            guard let argument = unsafe argument, let chosen = unsafe chosen else {
                return SSL_TLSEXT_ERR_ALERT_FATAL
            }
            let list = unsafe Unmanaged<ALPNList>.fromOpaque(argument).takeUnretainedValue()
            return unsafe list.withWire { ours, ourCount in
                var name: UnsafeMutablePointer<UInt8>?
                let result = unsafe SSL_select_next_proto(
                    &name, chosenCount, ours, ourCount, offer, offerCount)
                guard result == OPENSSL_NPN_NEGOTIATED else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                unsafe chosen.pointee = unsafe UnsafePointer(name)
                return SSL_TLSEXT_ERR_OK
            }
        }

    deinit { unsafe wire.deallocate() }
}
