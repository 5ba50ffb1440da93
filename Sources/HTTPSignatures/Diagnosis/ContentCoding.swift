/// The content of a message without its coding (RFC 9110 section 8.4.1).
enum ContentCoding {
    /// Undoes one `gzip` or `deflate`; nil for other codings, none, and what cannot be decoded
    /// within ``limit``.
    static func decoded(_ body: [UInt8], _ message: SignedMessage) -> [UInt8]? {
        guard let field = message.combined("content-encoding") else { return nil }
        switch String(decoding: field, as: UTF8.self).lowercased() {
        case "gzip", "x-gzip": return gzip(body)
        case "deflate": return zlib(body) ?? inflated(body[...])
        case _: return nil
        }
    }

    /// RFC 1952: the header, skipped; the check behind the data is left to the digest.
    private static func gzip(_ body: [UInt8]) -> [UInt8]? {
        guard body.count > 18, body.starts(with: [0x1F, 0x8B, 8]) else { return nil }
        let flags = body[3]
        var place = 10
        if flags & 4 != 0 {
            place += 2 + Int(body[10]) + Int(body[11]) << 8
        }
        for flag in [8, 16] as [UInt8] where flags & flag != 0 {
            guard place < body.count, let end = body[place...].firstIndex(of: 0) else { return nil }
            place = end + 1
        }
        if flags & 2 != 0 { place += 2 }
        guard place < body.count else { return nil }
        return inflated(body[place...])
    }

    /// RFC 1950.
    private static func zlib(_ body: [UInt8]) -> [UInt8]? {
        guard body.count > 6, body[0] & 15 == 8, (Int(body[0]) << 8 + Int(body[1])) % 31 == 0,
            body[1] & 32 == 0
        else { return nil }
        return inflated(body[2...])
    }

    private static func inflated(_ data: ArraySlice<UInt8>) -> [UInt8]? {
        var inflation = Inflation(data, limit: limit)
        return inflation.run()
    }

    /// Bytes.
    static let limit = 1 << 20
}
