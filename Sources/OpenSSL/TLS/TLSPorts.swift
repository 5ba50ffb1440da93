import COpenSSL

/// Where OpenSSL reads ciphertext and writes its own: memory that the caller lends for one call.
///
/// OpenSSL's writes never fail: what does not fit the lent memory waits in `spill` for the next.
@safe struct TLSPorts {
    private var input = unsafe UnsafeRawBufferPointer(start: nil, count: 0)
    private var consumed = 0
    private var output = unsafe UnsafeMutableRawBufferPointer(start: nil, count: 0)
    private var produced = 0
    private var spill: [UInt8] = []
    /// Key updates and tickets that came since there was data, however they were cut into records and reads.
    var keyMessages = 0

    /// Bytes of OpenSSL's that still wait for room.
    var waiting: Int { spill.count }

    /// Bytes that were lent and are not read yet.
    var unread: Int { unsafe input.count - consumed }

    /// Room left in the lent output.
    var room: Int { unsafe output.count - produced }

    /// Begins a call with lent memory, and moves what waited into it.
    mutating func lend(_ input: UnsafeRawBufferPointer, _ output: UnsafeMutableRawBufferPointer) {
        unsafe self.input = input
        unsafe self.output = output
        consumed = 0
        produced = 0
        guard !spill.isEmpty else { return }
        let count = min(spill.count, room)
        unsafe spill.withUnsafeBytes { waiting in
            unsafe output.copyMemory(from: UnsafeRawBufferPointer(rebasing: waiting[..<count]))
        }
        spill.removeFirst(count)
        produced = count
    }

    /// Ends the call: forgets the lent memory, and tells how much of it was used.
    mutating func giveBack() -> (consumed: Int, produced: Int) {
        let used = (consumed, produced)
        unsafe input = UnsafeRawBufferPointer(start: nil, count: 0)
        unsafe output = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        consumed = 0
        produced = 0
        return used
    }

    /// Copies up to `count` unread bytes to OpenSSL; 0 when all are read.
    mutating func read(into target: UnsafeMutableRawPointer, _ count: Int) -> Int {
        let count = min(count, unread)
        guard count > 0, let base = unsafe input.baseAddress else { return 0 }
        unsafe target.copyMemory(from: base + consumed, byteCount: count)
        consumed += count
        return count
    }

    /// Takes `count` bytes from OpenSSL, in order.
    mutating func write(_ source: UnsafeRawPointer, _ count: Int) {
        let direct = spill.isEmpty ? min(count, room) : 0
        if direct > 0, let base = unsafe output.baseAddress {
            unsafe (base + produced).copyMemory(from: source, byteCount: direct)
            produced += direct
        }
        if direct < count {
            unsafe spill.append(
                contentsOf: UnsafeRawBufferPointer(start: source + direct, count: count - direct))
        }
    }
}

/// OpenSSL's view of `TLSPorts`: a BIO that asks for more when the lent bytes are read.
///
/// Unchecked Sendable: made once and never changed.
@safe struct TLSPortsMethod: @unchecked Sendable {
    private let pointer: OpaquePointer

    static let shared = TLSPortsMethod()

    private init() {
        guard
            let method = unsafe BIO_meth_new(
                BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "lent memory"),
            unsafe BIO_meth_set_read_ex(method, Self.read) == 1,
            unsafe BIO_meth_set_write_ex(method, Self.write) == 1,
            unsafe BIO_meth_set_ctrl(method, Self.control) == 1
        else { preconditionFailure("OpenSSL cannot make a BIO method: out of memory") }
        unsafe pointer = method
    }

    /// A BIO over `ports`, which must outlive it.
    func open(_ ports: UnsafeMutablePointer<TLSPorts>) -> OpaquePointer? {
        guard let bio = unsafe BIO_new(pointer) else { return nil }
        unsafe BIO_set_data(bio, ports)
        unsafe BIO_set_init(bio, 1)
        return unsafe bio
    }

    private static func ports(of bio: OpaquePointer?) -> UnsafeMutablePointer<TLSPorts>? {
        unsafe BIO_get_data(bio)?.assumingMemoryBound(to: TLSPorts.self)
    }

    /// Counts what the peer sends of keys once the handshake is over; OpenSSL tells of each handshake
    /// message.
    static let noteMessage: @convention(c) (OpaquePointer?, Int32, Int32) -> Void = {
        ssl, occasion, _ in
        guard occasion & SSL_CB_LOOP != 0 else { return }
        switch unsafe SSL_get_state(ssl) {
        case TLS_ST_SR_KEY_UPDATE, TLS_ST_CR_KEY_UPDATE, TLS_ST_CR_SESSION_TICKET:
            let bio = unsafe SSL_get_rbio(ssl)
            unsafe TLSPortsMethod.ports(of: bio)?.pointee.keyMessages += 1
        default: break
        }
    }

    private static let read:
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<CChar>?, Int, UnsafeMutablePointer<Int>?
        ) -> Int32 = { bio, target, count, done in
            guard let ports = unsafe TLSPortsMethod.ports(of: bio), let target = unsafe target,
                let done = unsafe done
            else { return 0 }
            unsafe done.pointee = unsafe ports.pointee.read(into: target, count)
            if unsafe done.pointee > 0 {
                unsafe ocmgate_bio_clear_retry(bio)
                return 1
            }
            unsafe ocmgate_bio_retry_read(bio)
            return 0
        }

    private static let write:
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>?, Int, UnsafeMutablePointer<Int>?
        ) -> Int32 = { bio, source, count, done in
            guard let ports = unsafe TLSPortsMethod.ports(of: bio), let source = unsafe source,
                let done = unsafe done
            else { return 0 }
            unsafe ports.pointee.write(source, count)
            unsafe done.pointee = count
            unsafe ocmgate_bio_clear_retry(bio)
            return 1
        }

    private static let control:
        @convention(c) (OpaquePointer?, Int32, Int, UnsafeMutableRawPointer?) -> Int = {
            _, command, _, _ in command == BIO_CTRL_FLUSH ? 1 : 0
        }
}
