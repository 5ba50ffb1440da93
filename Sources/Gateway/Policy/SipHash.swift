/// SipHash-2-4 with 128 bits (Aumasson and Bernstein, 2012): a keyed hash of short texts that costs
/// some ten nanoseconds, and whose results nobody without the key can make collide.
///
/// Tables that peers fill with names of their choice are kept by it: every name takes the same
/// room, however long it is, and none is kept in the clear.
struct SipHash: Sendable {
    typealias Value = Digest128

    private let key: (UInt64, UInt64)

    /// Refused by precondition: anything but 16 bytes.
    init(key bytes: [UInt8]) {
        precondition(bytes.count == 16, "a key of SipHash has 16 bytes")
        key = (Self.word(bytes[0..<8]), Self.word(bytes[8..<16]))
    }

    func callAsFunction(_ text: String) -> Value { self(text.utf8Span.span) }

    func callAsFunction(_ bytes: Span<UInt8>) -> Value {
        var state = State(key)
        var index = 0
        while index + 8 <= bytes.count {
            var word: UInt64 = 0
            for shift in 0..<8 { word |= UInt64(bytes[index + shift]) << UInt64(8 * shift) }
            state.take(word)
            index += 8
        }
        var last = UInt64(truncatingIfNeeded: bytes.count) << 56
        var shift: UInt64 = 0
        while index < bytes.count {
            last |= UInt64(bytes[index]) << shift
            index += 1
            shift += 8
        }
        state.take(last)
        return state.finish()
    }

    private struct State {
        var v0, v1, v2, v3: UInt64

        init(_ key: (UInt64, UInt64)) {
            v0 = key.0 ^ 0x736f_6d65_7073_6575
            v1 = key.1 ^ 0x646f_7261_6e64_6f6d ^ 0xee
            v2 = key.0 ^ 0x6c79_6765_6e65_7261
            v3 = key.1 ^ 0x7465_6462_7974_6573
        }

        mutating func take(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        mutating func finish() -> Value {
            v2 ^= 0xee
            for _ in 0..<4 { round() }
            let low = v0 ^ v1 ^ v2 ^ v3
            v1 ^= 0xdd
            for _ in 0..<4 { round() }
            return Value(high: v0 ^ v1 ^ v2 ^ v3, low: low)
        }

        private mutating func round() {
            v0 &+= v1
            v1 = Self.turned(v1, 13) ^ v0
            v0 = Self.turned(v0, 32)
            v2 &+= v3
            v3 = Self.turned(v3, 16) ^ v2
            v0 &+= v3
            v3 = Self.turned(v3, 21) ^ v0
            v2 &+= v1
            v1 = Self.turned(v1, 17) ^ v2
            v2 = Self.turned(v2, 32)
        }

        private static func turned(_ word: UInt64, _ by: UInt64) -> UInt64 {
            word << by | word >> (64 - by)
        }
    }

    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
}
