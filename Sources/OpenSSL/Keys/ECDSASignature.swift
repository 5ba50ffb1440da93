/// An ECDSA signature as two numbers, between its two encodings.
enum ECDSASignature {
    /// DER of `r || s` (IEEE P1363); nil when its length is not twice the field's.
    static func der(p1363 signature: Span<UInt8>, fieldByteCount: Int) -> [UInt8]? {
        guard signature.count == 2 * fieldByteCount else { return nil }
        let r = [UInt8](signature.extracting(0..<fieldByteCount))
        let s = [UInt8](signature.extracting(fieldByteCount..<signature.count))
        return DER.sequence(DER.integer(r), DER.integer(s))
    }

    /// `r || s` of a DER signature; nil when it is not one for that field.
    static func p1363(der: [UInt8], fieldByteCount: Int) -> [UInt8]? {
        var outer = DERReader(der)
        guard var numbers = outer.readSequence(), outer.isAtEnd,
            let r = numbers.readUnsigned(), let s = numbers.readUnsigned(), numbers.isAtEnd,
            r.count <= fieldByteCount, s.count <= fieldByteCount
        else { return nil }
        let left = [UInt8](repeating: 0, count: fieldByteCount - r.count) + r
        let right = [UInt8](repeating: 0, count: fieldByteCount - s.count) + s
        return left + right
    }
}
