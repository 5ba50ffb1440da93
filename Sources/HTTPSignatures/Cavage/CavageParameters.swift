import OpenSSL

/// Reader of the parameters of a draft-cavage signature: `name="text"` or `name=number`, with
/// commas between.
struct CavageParameters {
    /// The value of a parameter: quoted, or a whole number.
    enum Value {
        case text(String)
        case number(Int)
    }

    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The next parameter; nil after the last. Spaces are allowed around commas only.
    mutating func next() throws(SignatureError) -> (name: String, value: Value)? {
        skipSpaces()
        if position > 0, position == bytes.count { return nil }
        let start = position
        while let byte = peek, byte.isFieldNameByte { position += 1 }
        let name = String(decoding: bytes[start..<position], as: UTF8.self)
        guard !name.isEmpty, peek == UInt8(ascii: "=") else {
            throw SignatureError(.malformedField, "signature")
        }
        position += 1
        let value = peek == UInt8(ascii: "\"") ? try text(name) : try number(name)
        skipSpaces()
        if position < bytes.count {
            guard peek == UInt8(ascii: ",") else {
                throw SignatureError(.malformedField, "signature")
            }
            position += 1
            skipSpaces()
            guard position < bytes.count else {
                throw SignatureError(.malformedField, "signature")
            }
        }
        return (name, value)
    }

    private mutating func text(_ name: String) throws(SignatureError) -> Value {
        position += 1
        let start = position
        while let byte = peek, byte != UInt8(ascii: "\"") {
            guard byte.isPrintableASCII, byte != UInt8(ascii: "\\") else {
                throw SignatureError(.malformedParameter, name)
            }
            position += 1
        }
        guard position < bytes.count else { throw SignatureError(.malformedParameter, name) }
        position += 1
        return .text(String(decoding: bytes[start..<(position - 1)], as: UTF8.self))
    }

    private mutating func number(_ name: String) throws(SignatureError) -> Value {
        let start = position
        var value = 0
        while let byte = peek, byte.isDigit {
            guard position - start < 15 else { throw SignatureError(.malformedParameter, name) }
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            position += 1
        }
        guard position > start else { throw SignatureError(.malformedParameter, name) }
        return .number(value)
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpaces() {
        while peek == UInt8(ascii: " ") || peek == UInt8(ascii: "\t") { position += 1 }
    }
}
