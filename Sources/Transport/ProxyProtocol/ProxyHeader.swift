import OpenSSL

/// From whom a connection is, as the proxy says that made it: what stands before its first byte (the PROXY
/// protocol, HAProxy's `proxy-protocol.txt`, versions 1 and 2).
package enum ProxyHeader: Sendable, Hashable {
    /// Somebody else's, who connected to the proxy from this address.
    case client(IPAddress, port: Int)
    /// The proxy's own, or of somebody of whom it cannot tell the address (`LOCAL`, `UNKNOWN`, and
    /// families other than IP).
    case own

    /// What has been read of a connection.
    package enum Reading: Sendable, Equatable {
        /// It may become a header.
        case needMore
        /// A header of `length` bytes; what follows is the connection.
        case header(ProxyHeader, length: Int)
    }

    /// What is wrong with the first bytes of a connection.
    package enum Failure: Error, Sendable {
        /// They begin no header.
        case absent
        /// A header that breaks the grammar, or says two things.
        case malformed
        /// More than `mostBytes`, or a first line of more than 107.
        case tooLong
        /// A version, a command, a family or a transport that there is not, or not here.
        case unknown
        /// The bytes are not those that the proxy sent.
        case checksum
    }

    /// Reads a header from the front of what came; the same for every way in which it is cut.
    package static func read(_ bytes: Span<UInt8>) throws(Failure) -> Reading {
        guard bytes.count > 0 else { return .needMore }
        if bytes[0] == signature1[0] { return try ProxyHeaderText.read(bytes) }
        return try ProxyHeaderBinary.read(bytes)
    }

    /// The header in version 2, for a server that expects one.
    package var binary: [UInt8] { ProxyHeaderBinary.written(self) }

    /// Whether the bytes are the beginning of a header with this signature, or go on behind it.
    static func begins(_ bytes: Span<UInt8>, with signature: [UInt8]) -> Bool {
        for index in 0..<min(bytes.count, signature.count) where bytes[index] != signature[index] {
            return false
        }
        return true
    }

    /// `PROXY `, version 1.
    static let signature1 = Array("PROXY ".utf8)
    /// Bytes that no other protocol begins with, version 2.
    static let signature2: [UInt8] = [
        0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
    ]
    /// Of a whole header, its further values included.
    package static let mostBytes = 4096
}

/// Version 1: one line of text.
enum ProxyHeaderText {
    /// `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443` and CRLF; `PROXY UNKNOWN`, whatever follows on
    /// its line.
    ///
    /// Refused: other words, several spaces, addresses and ports in any but their usual spelling, an
    /// address of the other family, a line end that is not CRLF.
    static func read(_ bytes: Span<UInt8>) throws(ProxyHeader.Failure) -> ProxyHeader.Reading {
        guard ProxyHeader.begins(bytes, with: ProxyHeader.signature1) else { throw .absent }
        var end: Int?
        for index in 0..<min(bytes.count, longest) where bytes[index] == 0x0A {
            end = index
            break
        }
        guard let end else {
            if bytes.count >= longest { throw .tooLong }
            return .needMore
        }
        guard bytes[end - 1] == 0x0D else { throw .malformed }
        var words: [[UInt8]] = [[]]
        for index in 0..<(end - 1) {
            // Nothing but what is printed.
            guard (0x20...0x7E).contains(bytes[index]) else { throw .malformed }
            if bytes[index] == 0x20 {
                words.append([])
            } else {
                words[words.count - 1].append(bytes[index])
            }
        }
        return .header(try header(words), length: end + 1)
    }

    private static func header(_ words: [[UInt8]]) throws(ProxyHeader.Failure) -> ProxyHeader {
        let family = words.count > 1 ? words[1] : []
        if family == Array("UNKNOWN".utf8) { return .own }
        guard words.count == 6 else { throw .malformed }
        let (source, target) = (words[2], words[3])
        guard let from = IPAddress(source.span), let to = IPAddress(target.span),
            let port = port(words[4]), self.port(words[5]) != nil
        else { throw .malformed }
        switch (from, to, family) {
        case (.v4, .v4, Array("TCP4".utf8)), (.v6, .v6, Array("TCP6".utf8)):
            return .client(from.unmapped, port: port)
        default: throw .malformed
        }
    }

    /// 0 to 65535, without leading zeros.
    private static func port(_ word: [UInt8]) -> Int? {
        guard (1...5).contains(word.count), word.allSatisfy(\.isDigit),
            word.count == 1 || word[0] != 0x30,
            let number = Int(String(decoding: word, as: UTF8.self)), number <= 65535
        else { return nil }
        return number
    }

    /// Of the line with its end.
    private static let longest = 107
}
