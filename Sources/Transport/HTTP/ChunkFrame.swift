/// The bytes around one chunk of a body that we send (RFC 9112, section 7.1), without extensions.
package enum ChunkFrame {
    /// The size line before `count` bytes of data. A chunk of nothing would end the body, so
    /// `count` must be above zero.
    package static func start(_ count: Int) -> [UInt8] {
        precondition(count > 0, "an empty chunk would end the body")
        return Array(String(count, radix: 16).utf8) + [0x0D, 0x0A]
    }

    /// What follows the data of each chunk.
    package static let end: [UInt8] = [0x0D, 0x0A]

    /// The last chunk and an empty trailer section.
    package static let last = Array("0\r\n\r\n".utf8)
}
