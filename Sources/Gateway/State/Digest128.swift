import Foundation
import OpenSSL

/// 16 bytes of a keyed hash: the name under which tables find a secret, a message or a text of a peer's
/// without holding it.
struct Digest128: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// The first of its HMAC.
    init(_ message: Span<UInt8>, key: HMACKey) {
        let tag = key.authenticate(message)
        high = Self.number(tag, from: 0)
        low = Self.number(tag, from: 8)
    }

    init(_ message: [UInt8], key: HMACKey) { self.init(message.span, key: key) }

    init(_ secret: Secret, key: HMACKey) {
        self = secret.withBytes { Digest128($0, key: key) }
    }

    /// Any half of it is as good as all.
    func hash(into hasher: inout Hasher) { hasher.combine(low) }

    /// Refused: anything but 16 bytes.
    init?(_ data: Data) {
        guard data.count == 16 else { return nil }
        let bytes = [UInt8](data)
        high = Self.number(bytes, from: 0)
        low = Self.number(bytes, from: 8)
    }

    var data: Data {
        var bytes = [UInt8](repeating: 0, count: 16)
        for place in 0..<8 {
            let shift = UInt64(56 - 8 * place)
            bytes[place] = UInt8(truncatingIfNeeded: high >> shift)
            bytes[8 + place] = UInt8(truncatingIfNeeded: low >> shift)
        }
        return Data(bytes)
    }

    private static func number(_ bytes: [UInt8], from start: Int) -> UInt64 {
        var number: UInt64 = 0
        for place in start..<(start + 8) { number = number << 8 | UInt64(bytes[place]) }
        return number
    }
}
