import Foundation
import OpenSSL

/// The first 16 bytes of a keyed hash: the name under which tables find a secret or a message
/// without holding it.
struct Digest128: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    init(_ message: Span<UInt8>, key: HMACKey) {
        let tag = key.authenticate(message)
        high = Self.number(tag[0..<8])
        low = Self.number(tag[8..<16])
    }

    init(_ message: [UInt8], key: HMACKey) { self.init(message.span, key: key) }

    init(_ secret: Secret, key: HMACKey) {
        self = secret.withBytes { Digest128($0, key: key) }
    }

    /// Refused: anything but 16 bytes.
    init?(_ data: Data) {
        guard data.count == 16 else { return nil }
        let bytes = [UInt8](data)
        high = Self.number(bytes[0..<8])
        low = Self.number(bytes[8..<16])
    }

    var data: Data {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        for half in [high, low] {
            for shift in stride(from: 56, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: half >> UInt64(shift)))
            }
        }
        return Data(bytes)
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }
}
