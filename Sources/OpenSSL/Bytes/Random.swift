import COpenSSL
import Synchronization

/// Randomness fit for keys, from OpenSSL's generator.
package enum Random {
    /// `count` random bytes. Traps when the generator fails: nothing safe can follow.
    package static func bytes(_ count: Int) -> [UInt8] {
        unsafe [UInt8](filling: count) { output in
            let result = unsafe RAND_bytes_ex(nil, output, count, 256)
            precondition(result == 1, "the random generator failed")
            return count
        }
    }

    /// `count` random bytes for what everybody may see, such as nonces and names: drawn from the
    /// generator many at a time, since asking it costs as much as sealing a short text. Each is
    /// given out once.
    package static func publicBytes(_ count: Int) -> [UInt8] {
        drawn.withLock { drawn in
            if drawn.count < count { drawn = bytes(max(count, 1024)) }
            let given = Array(drawn.suffix(count))
            drawn.removeLast(count)
            return given
        }
    }

    private static let drawn = Mutex<[UInt8]>([])

    private static let alphabet = [UInt8](
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

    /// `count` letters and digits, each with equal chance (5.95 bits a character).
    package static func alphanumeric(_ count: Int) -> String {
        let alphabet = alphabet
        var text: [UInt8] = []
        text.reserveCapacity(count)
        while text.count < count {
            // 248 is the greatest multiple of 62 in a byte; what lies above would favour letters.
            for byte in bytes(count - text.count + 8) where byte < 248 && text.count < count {
                text.append(alphabet[Int(byte) % 62])
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
