import COpenSSL

/// One TLS connection without a socket: bytes in, bytes out.
///
/// It belongs to one event loop. Memory for input and output is lent for each call. OpenSSL's
/// messages of its own (handshake, alerts, key updates) go to `reply`; when it is too small they
/// wait for the next call, see `Progress.replyWaits`.
@safe package final class TLSEngine {
    /// Where the connection stands.
    package enum State: Sendable, Equatable {
        case handshaking
        /// Application data flows both ways.
        case open
        /// The peer sent close_notify: all it had to say has arrived. We may still send.
        case closedByPeer
        /// Send what is in `reply` (an alert, perhaps) and close.
        case failed(TLSFailure)
    }

    /// What one `step` did.
    package struct Progress: Sendable {
        /// Bytes of the ciphertext that are used up; the rest belongs to the next call.
        package var consumed: Int
        package var state: State
        /// Decrypted bytes did not fit: call again with more room for plaintext.
        package var plaintextWaits: Bool
        /// Bytes for the peer did not fit: call again with more room for the reply.
        package var replyWaits: Bool

        package init(consumed: Int, state: State, plaintextWaits: Bool, replyWaits: Bool) {
            self.consumed = consumed
            self.state = state
            self.plaintextWaits = plaintextWaits
            self.replyWaits = replyWaits
        }
    }

    package private(set) var state = State.handshaking
    private let context: TLSContext
    private let peerName: String
    private let ssl: OpaquePointer
    private let ports: UnsafeMutablePointer<TLSPorts>
    private var closeSent = false
    private var handshakeBytes = 0
    private var messagesWithoutData = 0
    private var recordsSinceKey = 0
    /// After so many records we take a new key (TLS 1.3 only): well below the 2^24.5 full records
    /// that RFC 8446 section 5.5 allows AES-GCM.
    var recordsPerKey = 1 << 22

    /// The server's side of a connection.
    package convenience init(server context: TLSContext) throws(CryptoError) {
        guard context.role == .server else { throw CryptoError("start TLS", "not a server") }
        try self.init(context, peerName: "")
        unsafe SSL_set_accept_state(ssl)
    }

    /// The client's side. `serverName`, a host name or a literal IP address without brackets, is
    /// what the certificate must be for. A session of another name or context is not used.
    package convenience init(
        client context: TLSContext, serverName: String, resuming session: TLSSession? = nil
    ) throws(CryptoError) {
        guard context.role == .client else { throw CryptoError("start TLS", "not a client") }
        let name = HostName.withoutFinalDot(serverName)
        guard !name.isEmpty, !name.utf8.contains(0) else {
            throw CryptoError("start TLS", "no server name")
        }
        try self.init(context, peerName: name)
        unsafe SSL_set_connect_state(ssl)
        unsafe SSL_set_hostflags(ssl, HostName.checkFlags)
        if HostName.isAddress(name) {
            let rules = unsafe SSL_get0_param(ssl)
            try check(unsafe X509_VERIFY_PARAM_set1_ip_asc(rules, name), "start TLS")
        } else {
            try check(unsafe SSL_set1_host(ssl, name), "start TLS")
            try check(unsafe ocmgate_tls_server_name(ssl, name), "start TLS")
        }
        if let session, session.context === context, session.serverName == name {
            try check(unsafe SSL_set_session(ssl, session.pointer), "start TLS")
        }
    }

    private init(_ context: TLSContext, peerName: String) throws(CryptoError) {
        ERR_clear_error()
        guard let ssl = unsafe SSL_new(context.handle.pointer) else { throw .last("start TLS") }
        let ports = UnsafeMutablePointer<TLSPorts>.allocate(capacity: 1)
        unsafe ports.initialize(to: TLSPorts())
        self.context = context
        self.peerName = peerName
        unsafe self.ssl = ssl
        unsafe self.ports = ports
        guard let bio = unsafe TLSPortsMethod.shared.open(ports) else { throw .last("start TLS") }
        unsafe SSL_set_bio(ssl, bio, bio)
        unsafe SSL_set_info_callback(ssl, TLSPortsMethod.noteMessage)
    }

    deinit {
        unsafe SSL_free(ssl)
        unsafe ports.deinitialize(count: 1)
        unsafe ports.deallocate()
    }

    /// Takes bytes from the peer; appends what they decrypt to, and what must be sent back.
    ///
    /// A client starts by a step with no ciphertext. Call again with the bytes not consumed, or
    /// none, while something waits. `reply` is to be sent whatever the state. Never throws, so
    /// that an alert written before a failure is not lost.
    package func step(
        ciphertext: RawSpan, plaintext: inout OutputRawSpan, reply: inout OutputRawSpan
    ) -> Progress {
        let used = unsafe ciphertext.withUnsafeBytes { input in
            unsafe reply.withUnsafeMutableBytes { output, count in
                let room = unsafe UnsafeMutableRawBufferPointer(rebasing: output[count...])
                unsafe ports.pointee.lend(input, room)
                if state == .handshaking { shakeHands() }
                if state == .open { decrypt(into: &plaintext) }
                let used = unsafe ports.pointee.giveBack()
                count += used.produced
                return used
            }
        }
        return Progress(
            consumed: used.consumed, state: state,
            plaintextWaits: state == .open
                && (unsafe SSL_pending(ssl) > 0 || used.consumed < ciphertext.byteCount),
            replyWaits: replyWaits)
    }

    /// Bytes for the peer wait for room: a step with no ciphertext gives them out.
    package var replyWaits: Bool { unsafe ports.pointee.waiting > 0 }

    /// Encrypts from the front of `plaintext` into records of up to 16 KiB each, as many as fit;
    /// gives how many bytes it took. 0 before the handshake is done (hold the data), when there is
    /// too little room (see `ciphertextBound`), after `close`, and after a failure.
    package func encrypt(plaintext: RawSpan, into output: inout OutputRawSpan) -> Int {
        switch state {
        case .handshaking, .failed(_): return 0
        case .open, .closedByPeer: if closeSent { return 0 }
        }
        return unsafe plaintext.withUnsafeBytes { input in
            unsafe output.withUnsafeMutableBytes { output, count in
                let room = unsafe UnsafeMutableRawBufferPointer(rebasing: output[count...])
                let nothing = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
                unsafe ports.pointee.lend(nothing, room)
                let taken = unsafe write(input)
                count += unsafe ports.pointee.giveBack().produced
                return taken
            }
        }
    }

    /// Room that surely suffices to encrypt `count` bytes in one call.
    package static func ciphertextBound(_ count: Int) -> Int {
        count + (count / maximumRecord + 2) * recordOverhead
    }

    /// Says goodbye (close_notify): nothing can be encrypted afterwards, reading goes on. Does
    /// nothing during the handshake, after a failure, and the second time.
    package func close(reply: inout OutputRawSpan) {
        switch state {
        case .handshaking, .failed(_): return
        case .open, .closedByPeer: if closeSent { return }
        }
        closeSent = true
        unsafe reply.withUnsafeMutableBytes { output, count in
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: output[count...])
            unsafe ports.pointee.lend(UnsafeRawBufferPointer(start: nil, count: 0), room)
            ERR_clear_error()
            _ = unsafe SSL_shutdown(ssl)
            ERR_clear_error()
            count += unsafe ports.pointee.giveBack().produced
        }
    }

    /// The transport's bytes ended. Unless the peer said goodbye before, the connection has failed
    /// as truncated: a body that ends here is not known to be whole.
    package func endOfInput() -> State {
        switch state {
        case .handshaking: fail(TLSFailure(.truncated, "closed during the handshake"))
        case .open: fail(TLSFailure(.truncated, "closed without close_notify"))
        case .closedByPeer, .failed(_): break
        }
        return state
    }

    /// What the handshake agreed on; nil until it is done.
    package var negotiation: TLSNegotiation? {
        state == .handshaking ? nil : unsafe TLSNegotiation(of: ssl)
    }

    /// For tests: the peer's certificates, leaf first; for a client always the server's, for a server
    /// only those of a client that was asked. A resumed session remembers the leaf alone.
    package var peerChain: [Certificate] {
        guard let leaf = unsafe SSL_get0_peer_certificate(ssl) else { return [] }
        let first = unsafe Certificate(CertificateHandle(sharing: leaf))
        let list = unsafe SSL_get_peer_cert_chain(ssl)
        var chain = [first]
        for index in 0..<(unsafe ocmgate_certificate_count(list)) {
            guard let next = unsafe ocmgate_certificate(list, index) else { continue }
            let certificate = unsafe Certificate(CertificateHandle(sharing: next))
            if index > 0 || certificate != first { chain.append(certificate) }
        }
        return chain
    }

    /// A client's session, to resume later. With TLS 1.3 the server hands it out after the
    /// handshake, so ask when the connection has been used; nil when there is none to resume.
    package var session: TLSSession? {
        guard context.role == .client, state != .handshaking,
            let session = unsafe SSL_get1_session(ssl)
        else { return nil }
        let owned = unsafe TLSSession(session, context: context, serverName: peerName)
        return unsafe SSL_SESSION_is_resumable(session) == 1 ? owned : nil
    }

    private func shakeHands() {
        while state == .handshaking {
            let before = unsafe ports.pointee.unread
            ERR_clear_error()
            let result = unsafe SSL_do_handshake(ssl)
            let unread = unsafe ports.pointee.unread
            handshakeBytes += before - unread
            if result == 1 {
                state = .open
            } else if unsafe SSL_get_error(ssl, result) != SSL_ERROR_WANT_READ {
                fail(unsafe TLSFailure(after: ssl))
            } else if handshakeBytes > context.handshakeLimit {
                fail(TLSFailure(.flood, "handshake of more than \(context.handshakeLimit) bytes"))
            } else if unread == 0 || unread == before {
                return
            }
        }
    }

    private func decrypt(into plaintext: inout OutputRawSpan) {
        while plaintext.freeCapacity > 0 {
            var count = 0
            clearErrors()
            let result = unsafe plaintext.withUnsafeMutableBytes { output, written in
                let base = unsafe output.baseAddress.map { unsafe $0 + written }
                let result = unsafe SSL_read_ex(ssl, base, output.count - written, &count)
                if result == 1 { written += count }
                return result
            }
            if result == 1 {
                messagesWithoutData = 0
                unsafe ports.pointee.keyMessages = 0
                // To ask again when nothing is left would cost half as much as to decrypt.
                if unsafe ports.pointee.unread == 0, unsafe SSL_has_pending(ssl) == 0 {
                    return
                }
                continue
            }
            switch unsafe SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ:
                let isAll = unsafe ports.pointee.unread == 0
                if !isAll { messagesWithoutData += 1 }
                if max(messagesWithoutData, unsafe ports.pointee.keyMessages) > Self.messageLimit {
                    return fail(TLSFailure(.flood, "too many messages without data"))
                }
                if isAll { return }
            case SSL_ERROR_ZERO_RETURN:
                state = .closedByPeer
                return
            default: return fail(unsafe TLSFailure(after: ssl))
            }
        }
    }

    private func write(_ input: UnsafeRawBufferPointer) -> Int {
        var taken = 0
        while taken < input.count, unsafe ports.pointee.waiting == 0 {
            clearErrors()
            let updateDue = recordsSinceKey >= recordsPerKey
            // The update is a record of its own before the next.
            let overhead = updateDue ? 2 * Self.recordOverhead : Self.recordOverhead
            let room = unsafe ports.pointee.room - overhead
            if room <= 0 { return taken }
            if updateDue {
                _ = unsafe SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED)
                recordsSinceKey = 0
            }
            let chunk = min(input.count - taken, room, Self.maximumRecord)
            var written = 0
            let base = unsafe input.baseAddress.map { unsafe $0 + taken }
            guard unsafe SSL_write_ex(ssl, base, chunk, &written) == 1 else {
                fail(unsafe TLSFailure(after: ssl))
                return taken
            }
            recordsSinceKey += 1
            // Whoever only receives may ask for new keys of what it receives.
            unsafe ports.pointee.keyMessages = 0
            taken += written
        }
        return taken
    }

    /// For tests: announces a new key of ours and asks for one of the peer's, without any data.
    func updateKeys(reply: inout OutputRawSpan) {
        unsafe reply.withUnsafeMutableBytes { output, count in
            let room = unsafe UnsafeMutableRawBufferPointer(rebasing: output[count...])
            unsafe ports.pointee.lend(UnsafeRawBufferPointer(start: nil, count: 0), room)
            ERR_clear_error()
            _ = unsafe SSL_key_update(ssl, SSL_KEY_UPDATE_REQUESTED)
            _ = unsafe SSL_do_handshake(ssl)
            count += unsafe ports.pointee.giveBack().produced
        }
    }

    /// What is in the queue of errors before a call would be taken for the call's own. It is nearly
    /// always empty, and looking is cheaper than clearing.
    private func clearErrors() {
        if ERR_peek_error() != 0 { ERR_clear_error() }
    }

    private func fail(_ failure: TLSFailure) {
        state = .failed(failure)
        ERR_clear_error()
    }

    /// Plaintext of one record at most (RFC 8446 section 5.1).
    private static let maximumRecord = 16384
    /// Header, explicit nonce, content type and tag: 29 bytes at most with our ciphers.
    private static let recordOverhead = 32
    /// Key updates, tickets and warnings in a row, without application data between them; of the first two
    /// also without any of ours.
    private static let messageLimit = 32
}
