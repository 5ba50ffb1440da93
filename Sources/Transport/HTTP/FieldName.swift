import OpenSSL

/// A field name in lower case, with its hash worked out once, to look fields up by.
///
/// Names compare without case (RFC 9110, section 5.1). Made from names that the program knows,
/// so nothing is checked here; what comes off the wire is checked by the parser.
package struct FieldName: Sendable, Hashable, CustomStringConvertible {
    let bytes: [UInt8]
    let nameHash: UInt32

    /// `name` must be a token; letters are taken in lower case.
    package init(_ name: String) {
        let lowered = name.utf8.map { Octet.lowered($0) }
        bytes = lowered
        nameHash = Self.hash(lowered.span)
    }

    package var description: String { String(decoding: bytes, as: UTF8.self) }

    /// A hash of the bytes without their case bit, eight at a time; equal names have equal hashes.
    static func hash(_ name: Span<UInt8>) -> UInt32 {
        var hash = Hash()
        var index = 0
        while index + 8 <= name.count {
            hash.add(name.word(at: index), count: 8)
            index += 8
        }
        var rest: UInt64 = 0
        for offset in index..<name.count {
            rest |= UInt64(name[offset]) << UInt64(8 * (offset - index))
        }
        hash.add(rest, count: name.count - index)
        return hash.value
    }

    /// The hash of a name as far as it was read.
    struct Hash {
        private var state: UInt64 = 0xCBF2_9CE4_8422_2325

        /// Adds the first `count` bytes of a word: 8 of them but for the last time.
        @inline(__always)
        mutating func add(_ word: UInt64, count: Int) {
            guard count > 0 else { return }
            let kept = (word | 0x2020_2020_2020_2020) & (UInt64.max &>> UInt64(64 - 8 * count))
            state = (state ^ kept) &* 0x9E37_79B9_7F4A_7C15
            state ^= state >> 29
        }

        var value: UInt32 { UInt32(truncatingIfNeeded: state ^ state >> 32) }
    }
}

extension FieldName {
    /// What is true of a body to the byte (RFC 9530; RFC 3230 and RFC 1864 before it).
    package static let digests: [FieldName] = [
        .contentDigest, FieldName("repr-digest"), .digest, FieldName("content-md5"),
    ]
    package static let accept = FieldName("accept")
    package static let acceptEncoding = FieldName("accept-encoding")
    package static let authorization = FieldName("authorization")
    package static let connection = FieldName("connection")
    package static let cookie = FieldName("cookie")
    package static let contentDigest = FieldName("content-digest")
    package static let contentEncoding = FieldName("content-encoding")
    package static let contentLength = FieldName("content-length")
    package static let contentType = FieldName("content-type")
    package static let date = FieldName("date")
    package static let retryAfter = FieldName("retry-after")
    package static let depth = FieldName("depth")
    package static let destination = FieldName("destination")
    package static let digest = FieldName("digest")
    package static let etag = FieldName("etag")
    package static let forwarded = FieldName("forwarded")
    package static let host = FieldName("host")
    package static let lastModified = FieldName("last-modified")
    package static let location = FieldName("location")
    package static let ifModifiedSince = FieldName("if-modified-since")
    package static let ifNoneMatch = FieldName("if-none-match")
    package static let ifRange = FieldName("if-range")
    package static let range = FieldName("range")
    package static let signature = FieldName("signature")
    package static let signatureInput = FieldName("signature-input")
    package static let userAgent = FieldName("user-agent")
    package static let via = FieldName("via")
    package static let xForwardedFor = FieldName("x-forwarded-for")
    package static let xForwardedHost = FieldName("x-forwarded-host")
    package static let xForwardedProto = FieldName("x-forwarded-proto")
}
