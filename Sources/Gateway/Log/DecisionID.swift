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

    /// Unix seconds at which a decision with this id was made; nil for what is no id.
    package static func time(of id: String) -> Int? {
        let bytes = Array(id.utf8)
        guard bytes.count == 16 else { return nil }
        var time = 0
        for byte in bytes {
            guard alphabet.contains(byte) else { return nil }
        }
        for byte in bytes.prefix(7) { time = time << 5 | (alphabet.firstIndex(of: byte) ?? 0) }
        return time
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
