import COpenSSL

/// Checks of an encoded point of edwards25519 (RFC 8032 section 5.1.3) that OpenSSL leaves out.
enum Ed25519Point {
    /// Whether the 32 bytes are the canonical encoding of a point on the curve whose order is not
    /// 1, 2, 4 or 8. With a key of small order, one signature fits many messages.
    static func isSound(_ encoded: [UInt8]) -> Bool {
        guard encoded.count == 32 else { return false }
        // Little-endian y with the sign of x in the top bit.
        var bigEndianY = Array(encoded.reversed())
        bigEndianY[0] &= 0x7f
        guard bigEndianY.lexicographicallyPrecedes(prime), !smallOrder.contains(bigEndianY) else {
            return false
        }
        return isOnCurve(bigEndianY)
    }

    /// Whether x² = (y² − 1) / (d·y² + 1) has a solution modulo p, by the Jacobi symbol.
    private static func isOnCurve(_ y: [UInt8]) -> Bool {
        ERR_clear_error()
        guard let context = unsafe BN_CTX_new(), let p = unsafe number(prime),
            let d = unsafe number(constantD), let square = unsafe number(y),
            let product = unsafe BN_new()
        else { return false }
        defer {
            unsafe BN_CTX_free(context)
            unsafe BN_free(p)
            unsafe BN_free(d)
            unsafe BN_free(square)
            unsafe BN_free(product)
        }
        let done = unsafe [
            BN_mod_sqr(square, square, p, context),
            BN_mod_mul(product, d, square, p, context),
            BN_add_word(product, 1),
            BN_sub_word(square, 1),
            BN_mod_mul(product, product, square, p, context),
        ]
        guard done.allSatisfy({ $0 == 1 }) else { return false }
        return unsafe BN_kronecker(product, p, context) == 1
    }

    private static func number(_ bytes: [UInt8]) -> OpaquePointer? {
        unsafe BN_bin2bn(bytes, Int32(bytes.count), nil)
    }

    /// p = 2^255 − 19, big-endian.
    private static let prime = [0x7f] + [UInt8](repeating: 0xff, count: 30) + [0xed]

    /// d of RFC 8032 section 5.1, big-endian.
    private static let constantD: [UInt8] = [
        0x52, 0x03, 0x6c, 0xee, 0x2b, 0x6f, 0xfe, 0x73, 0x8c, 0xc7, 0x40, 0x79, 0x77, 0x79,
        0xe8, 0x98, 0x00, 0x70, 0x0a, 0x4d, 0x41, 0x41, 0xd8, 0xab, 0x75, 0xeb, 0x4d, 0xca,
        0x13, 0x59, 0x78, 0xa3,
    ]

    /// The y of the eight points whose order divides 8: 0, 1, p − 1, and the two of order 8.
    private static let smallOrder: [[UInt8]] = [
        [UInt8](repeating: 0, count: 32),
        [UInt8](repeating: 0, count: 31) + [1],
        [0x7f] + [UInt8](repeating: 0xff, count: 30) + [0xec],
        order8,
        zip(prime, order8).reversed().reduce(into: (digits: [UInt8](), borrow: 0)) {
            let difference = Int($1.0) - Int($1.1) - $0.borrow
            $0.digits.insert(UInt8(truncatingIfNeeded: difference), at: 0)
            $0.borrow = difference < 0 ? 1 : 0
        }.digits,
    ]

    private static let order8: [UInt8] = [
        0x05, 0xfc, 0x53, 0x6d, 0x88, 0x02, 0x38, 0xb1, 0x39, 0x33, 0xc6, 0xd3, 0x05, 0xac,
        0xdf, 0xd5, 0xf0, 0x98, 0xef, 0xf2, 0x89, 0xf4, 0xc3, 0x45, 0xb0, 0x27, 0xb2, 0xc2,
        0x8f, 0x95, 0xe8, 0x26,
    ]
}
