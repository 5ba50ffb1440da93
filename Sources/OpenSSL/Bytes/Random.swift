import COpenSSL
import Synchronization

/// Randomness fit for keys, from OpenSSL's generator.
package enum Random {
    /// `count` random bytes, each given out once. A few are taken from those that were drawn from the generator
    /// before, many at a time, since asking it costs as much as sealing a short text; what is given out is
    /// overwritten there. Traps when the generator fails: nothing safe can follow.
    package static func bytes(_ count: Int) -> [UInt8] {
        count > few ? generated(count) : drawn.withLock { $0.take(count) }
    }

    private static let few = 64

    fileprivate static func generated(_ count: Int) -> [UInt8] {
        unsafe [UInt8](filling: count) { output in
            let result = unsafe RAND_bytes_ex(nil, output, count, 256)
            precondition(result == 1, "the random generator failed")
            return count
        }
    }

    private static let drawn = Mutex(Drawn())

    /// Bytes of the generator that nobody has yet.
    private struct Drawn {
        private var bytes: [UInt8] = []
        private var left = 0

        mutating func take(_ count: Int) -> [UInt8] {
            if left < count {
                bytes = generated(1024)
                left = bytes.count
            }
            let range = (left - count)..<left
            left -= count
            let given = Array(bytes[range])
            unsafe bytes.withUnsafeMutableBytes { bytes in
                let gone = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[range])
                unsafe OPENSSL_cleanse(gone.baseAddress, gone.count)
            }
            return given
        }
    }

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
