/// The grammar of chunk extensions, a byte at a time (RFC 9112, section 7.1.1): `;name`,
/// `;name=token`, `;name="quoted"`, without the whitespace that section 7.1.1 only lets receivers
/// forgive.
struct ChunkExtension: Sendable {
    private enum State: Sendable {
        case closed
        case nameStart
        case name
        case valueStart
        case token
        case quoted
        case escape
        case quotedEnd
    }

    private var state = State.closed

    /// Whether a semicolon has been seen on this line.
    var isOpen: Bool { state != .closed }

    /// Whether the line may end here.
    var mayEnd: Bool {
        switch state {
        case .closed, .name, .token, .quotedEnd: return true
        case .nameStart, .valueStart, .quoted, .escape: return false
        }
    }

    /// Takes the semicolon that begins the first extension.
    mutating func open() { state = .nameStart }

    /// Takes one byte; CR is the caller's.
    mutating func take(_ byte: UInt8) throws(RequestFailure) {
        switch state {
        case .closed: throw .chunkExtension
        case .nameStart:
            guard Octet.isToken(byte) else { throw .chunkExtension }
            state = .name
        case .name:
            if byte == 0x3D {
                state = .valueStart
            } else if byte == 0x3B {
                state = .nameStart
            } else if !Octet.isToken(byte) {
                throw .chunkExtension
            }
        case .valueStart:
            guard byte == 0x22 || Octet.isToken(byte) else { throw .chunkExtension }
            state = byte == 0x22 ? .quoted : .token
        case .token:
            if byte == 0x3B {
                state = .nameStart
            } else if !Octet.isToken(byte) {
                throw .chunkExtension
            }
        case .quoted, .escape:
            guard byte == 0x09 || byte >= 0x20 && byte != 0x7F else { throw .chunkExtension }
            if state == .escape {
                state = .quoted
            } else if byte == 0x22 {
                state = .quotedEnd
            } else if byte == 0x5C {
                state = .escape
            }
        case .quotedEnd:
            guard byte == 0x3B else { throw .chunkExtension }
            state = .nameStart
        }
    }
}
