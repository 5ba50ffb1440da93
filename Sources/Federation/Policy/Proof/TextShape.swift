import OpenSSL

/// Which texts can be the value of a fact, as an automaton: it takes every such text, and as few
/// others as is simple. What it found is looked at once more with ``isValue(_:)``, which is exact.
enum TextShape {
    /// A canonical OCM address, `identifier@host[:port]`, in lower case, as patterns see it.
    case address
    /// A line in lower case, as peers call themselves.
    case software

    /// Where it begins to read.
    var start: Int { 0 }

    /// The bytes that make a difference to the shape alone, those first that look best.
    var alphabet: [UInt8] {
        switch self {
        case .address: Array("abcdefghijklmnopqrstuvwxyz0123456789@.-:[]+_ ".utf8)
        case .software: Array("abcdefghijklmnopqrstuvwxyz0123456789 .-_".utf8)
        }
    }

    /// The state after one byte more; nil when no value goes on like this.
    func step(_ state: Int, _ byte: UInt8) -> Int? {
        guard byte >= 0x20, byte != 0x7F, !(0x41...0x5A).contains(byte) else { return nil }
        switch self {
        case .software: return 1
        case .address:
            return Self.stepOfAddress(AddressState(rawValue: state) ?? .empty, byte).rawValue
        }
    }

    func accepts(_ state: Int) -> Bool {
        switch self {
        case .software: return state == 1
        case .address:
            switch AddressState(rawValue: state) {
            case .label, .port, .bracketed: return true
            case .empty, .identifier, .host, .hyphen, .colon, .bracket, nil: return false
            }
        }
    }

    /// Whether it accepts the whole of a text.
    func takes(_ text: [UInt8]) -> Bool {
        var state = start
        for byte in text {
            guard let next = step(state, byte) else { return false }
            state = next
        }
        return accepts(state)
    }

    /// By what texts are sorted so that the plainest comes first: the shorter one, then the one whose bytes
    /// stand first in the alphabet.
    func order(of text: [UInt8]) -> [Int] {
        let ranks = [UInt8: Int](
            zip(alphabet, alphabet.indices), uniquingKeysWith: { first, _ in first })
        return [text.count] + text.map { ranks[$0] ?? 256 + Int($0) }
    }

    /// Whether a text is a value in canonical form.
    func isValue(_ text: String) -> Bool {
        guard text.utf8.count <= 1024, text.utf8.elementsEqual(Glob.folded(text)) else {
            return false
        }
        switch self {
        case .address: return OCMAddress(text)?.canonical == text
        case .software: return !text.allSatisfy(\.isWhitespace)
        }
    }

    /// What was read last: all before the last `@` is identifier.
    private enum AddressState: Int {
        case empty
        case identifier
        /// The `@`, or a dot in the host.
        case host
        case label
        case hyphen
        case colon
        case port
        case bracket
        case bracketed
    }

    private static func stepOfAddress(_ state: AddressState, _ byte: UInt8) -> AddressState {
        switch (state, byte) {
        case (.empty, UInt8(ascii: "@")): return .identifier
        case (_, UInt8(ascii: "@")): return .host
        case (.empty, _), (.identifier, _): return .identifier
        case (.host, UInt8(ascii: "[")): return .bracket
        case (.bracket, UInt8(ascii: ":")), (.bracket, UInt8(ascii: ".")): return .bracket
        case (.bracket, UInt8(ascii: "]")): return .bracketed
        case (.bracket, _): return isHex(byte) ? .bracket : .identifier
        case (.label, UInt8(ascii: ".")): return .host
        case (.label, UInt8(ascii: "-")), (.hyphen, UInt8(ascii: "-")): return .hyphen
        case (.label, UInt8(ascii: ":")), (.bracketed, UInt8(ascii: ":")): return .colon
        case (.colon, 0x30...0x39), (.port, 0x30...0x39): return .port
        case (.host, 0x30...0x39), (.label, 0x30...0x39), (.hyphen, 0x30...0x39): return .label
        case (.host, 0x61...0x7A), (.label, 0x61...0x7A), (.hyphen, 0x61...0x7A): return .label
        case (.host, _), (.label, _), (.hyphen, _), (.colon, _), (.port, _), (.bracketed, _):
            return .identifier
        }
    }

    private static func isHex(_ byte: UInt8) -> Bool {
        byte.isDigit || (0x61...0x66).contains(byte)
    }
}
