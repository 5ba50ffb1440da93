/// Why a list from elsewhere is not taken: nothing of it is then, and what was known before stays.
package struct ListDefect: Error, Sendable, Equatable, CustomStringConvertible {
    /// What of a list is meant.
    package enum Place: Sendable, Equatable {
        case whole
        case line(SourcePosition)
        /// A value of a JSON document: `servers[12].url`.
        case member(String)
        /// A byte, counted from zero, of the payload of a JWS.
        case payload(Int)
    }

    package let place: Place
    /// One sentence without a full stop.
    package let message: String

    package init(_ message: String, at place: Place = .whole) {
        self.place = place
        self.message = message
    }

    /// A text that is not strict JSON; `bytes` is the text.
    init(_ error: JSONError, in bytes: [UInt8]) {
        self.init(
            "this is not strict JSON: \(error.problem.rawValue)",
            at: .line(SourcePosition(offset: error.offset, in: bytes)))
    }

    package var description: String {
        switch place {
        case .whole: message
        case .line(let position): "\(position.line):\(position.column): \(message)"
        case .member(let name): "\(name): \(message)"
        case .payload(let byte): "payload, byte \(byte): \(message)"
        }
    }
}

extension SourcePosition {
    /// The place of a byte in a text; columns count Unicode scalars.
    init(offset: Int, in bytes: [UInt8]) {
        var (line, column) = (1, 1)
        for byte in bytes.prefix(max(0, offset)) {
            if byte == UInt8(ascii: "\n") {
                (line, column) = (line + 1, 1)
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        self.init(line: line, column: column)
    }
}
