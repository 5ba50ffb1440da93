import OpenSSL

/// The name of one decision: in the peer's answer, the log line, the journal and `explain`.
///
/// 16 characters of Crockford's base32: seven of time in seconds, so that ids sort, and nine of
/// randomness (45 bits), so that nobody guesses one.
package enum DecisionID {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// - Parameter now: unix seconds.
    package static func make(now: Int) -> String {
        var random: UInt64 = 0
        for byte in Random.bytes(6) { random = random << 8 | UInt64(byte) }
        let time = UInt64(max(0, now))
        var text: [UInt8] = []
        text.reserveCapacity(16)
        write(time, digits: 7, to: &text)
        write(random, digits: 9, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func write(_ number: UInt64, digits: Int, to text: inout [UInt8]) {
        let alphabet = alphabet
        var shift = UInt64(digits * 5)
        while shift > 0 {
            shift -= 5
            text.append(alphabet[Int(number >> shift & 31)])
        }
    }
}
