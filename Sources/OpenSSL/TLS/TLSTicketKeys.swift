import COpenSSL
import Synchronization

/// The keys that seal session tickets (RFC 5077 section 4): a new one every 12 hours, the one
/// before it still opens tickets for 12 hours more. They live in memory only.
final class TLSTicketKeys: Sendable {
    /// One key: a name that the ticket carries, a cipher key and a MAC key.
    struct Key: Sendable {
        let name = Random.bytes(16)
        let cipher = Secret.random(32)
        let mac = Secret.random(32)
        let made: ContinuousClock.Instant
    }

    static let lifetime: Duration = .seconds(12 * 3600)

    private let keys = Mutex<[Key]>([])

    /// The key to seal with at `now`, made when there is none young enough.
    func current(at now: ContinuousClock.Instant) -> Key {
        keys.withLock { keys in
            if let newest = keys.first, newest.made.duration(to: now) < Self.lifetime {
                return newest
            }
            let fresh = Key(made: now)
            keys = [fresh] + keys.prefix(1)
            return fresh
        }
    }

    /// The key of that name, unless it is too old to open anything at `now`.
    func key(named name: [UInt8], at now: ContinuousClock.Instant) -> Key? {
        keys.withLock { keys in
            keys.first { $0.name == name && $0.made.duration(to: now) < Self.lifetime * 2 }
        }
    }

    /// OpenSSL's callback before it seals: names the key and makes both contexts ready.
    func seal(
        _ name: UnsafeMutablePointer<UInt8>, _ iv: UnsafeMutablePointer<UInt8>,
        _ cipher: OpaquePointer, _ mac: OpaquePointer
    ) -> Int32 {
        let key = current(at: .now)
        unsafe name.update(from: key.name, count: 16)
        let nonce = Random.bytes(16)
        unsafe iv.update(from: nonce, count: 16)
        let ready = key.cipher.withBytes { bytes in
            unsafe bytes.withPointer { pointer, _ in
                unsafe EVP_EncryptInit_ex2(
                    cipher, CipherAlgorithm.aes256CBC.pointer, pointer, iv, nil)
            }
        }
        guard ready == 1, unsafe authenticate(mac, by: key) else { return -1 }
        return 1
    }

    /// OpenSSL's callback before it opens: 0 for no such key (a full handshake follows), 1 for the
    /// newest key, 2 for an older one (the peer gets a new ticket).
    func open(
        _ name: UnsafePointer<UInt8>, _ iv: UnsafePointer<UInt8>,
        _ cipher: OpaquePointer, _ mac: OpaquePointer
    ) -> Int32 {
        let now = ContinuousClock.now
        let wanted = unsafe [UInt8](UnsafeBufferPointer(start: name, count: 16))
        guard let key = key(named: wanted, at: now) else { return 0 }
        let ready = key.cipher.withBytes { bytes in
            unsafe bytes.withPointer { pointer, _ in
                unsafe EVP_DecryptInit_ex2(
                    cipher, CipherAlgorithm.aes256CBC.pointer, pointer, iv, nil)
            }
        }
        guard ready == 1, unsafe authenticate(mac, by: key) else { return -1 }
        return key.name == current(at: now).name ? 1 : 2
    }

    private func authenticate(_ mac: OpaquePointer, by key: Key) -> Bool {
        key.mac.withBytes { bytes in
            unsafe bytes.withPointer { unsafe ocmgate_ticket_mac(mac, $0, $1) == 1 }
        }
    }
}
