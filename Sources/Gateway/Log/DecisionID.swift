import OpenSSL

/// The name of one decision: in the peer's answer, the log line, the journal and `explain`.
///
/// 16 characters of Crockford's base32: seven of time in seconds, so that ids sort, and nine of
/// randomness (45 bits), so that nobody guesses one.
package enum DecisionID {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// - Parameter now: unix seconds.
    package static func make(now: Int) -> String {
        let random = Random.bytes(6).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let time = UInt64(max(0, now))
        return text(time, count: 7) + text(random, count: 9)
    }

    private static func text(_ number: UInt64, count: Int) -> String {
        let digits = (0..<count).reversed().map { alphabet[Int(number >> UInt64($0 * 5) & 31)] }
        return String(decoding: digits, as: UTF8.self)
    }
}
