/// Base32 (RFC 4648, section 6), in which reva has the path of a share within the ids of its files.
enum Base32 {
    /// Without padding.
    static func encoded(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        var held = 0
        var bits = 0
        for byte in bytes {
            // At most four bits are left of those before.
            held = (held << 8 | Int(byte)) & 0xFFF
            bits += 8
            while bits >= 5 {
                bits -= 5
                output.append(alphabet[(held >> bits) & 31])
            }
        }
        if bits > 0 { output.append(alphabet[(held << (5 - bits)) & 31]) }
        return output
    }

    /// What stands for a part of a longer text, at each of the five places where it may begin: the
    /// characters that the part alone decides.
    static func within(_ part: [UInt8]) -> [[UInt8]] {
        guard !part.isEmpty else { return [] }
        return (0..<5).map { before in
            let whole = encoded(Array(repeating: 0, count: before) + part)
            return Array(whole[(8 * before + 4) / 5..<8 * (before + part.count) / 5])
        }
    }

    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
}
