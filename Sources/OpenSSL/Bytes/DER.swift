/// The few forms of DER (X.690) that keys and ECDSA signatures need.
enum DER {
    static let integer: UInt8 = 0x02
    static let bitString: UInt8 = 0x03
    static let null: UInt8 = 0x05
    static let objectIdentifier: UInt8 = 0x06
    static let sequence: UInt8 = 0x30

    /// One element: tag, shortest length, contents.
    static func element(_ tag: UInt8, _ contents: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        if contents.count < 0x80 {
            length = [UInt8(contents.count)]
        } else {
            var rest = contents.count
            while rest > 0 {
                length.insert(UInt8(truncatingIfNeeded: rest), at: 0)
                rest >>= 8
            }
            length.insert(0x80 | UInt8(length.count), at: 0)
        }
        return [tag] + length + contents
    }

    /// A sequence of finished elements.
    static func sequence(_ elements: [UInt8]...) -> [UInt8] {
        element(sequence, elements.flatMap { $0 })
    }

    /// An INTEGER from an unsigned big-endian number of any width.
    static func integer(_ magnitude: some Sequence<UInt8>) -> [UInt8] {
        var digits = Array(magnitude.drop { $0 == 0 })
        if digits.first.map({ $0 >= 0x80 }) ?? true { digits.insert(0, at: 0) }
        return element(integer, digits)
    }

    /// A BIT STRING of whole bytes.
    static func bitString(_ bytes: [UInt8]) -> [UInt8] { element(bitString, [0] + bytes) }
}

/// Reads DER front to back; whatever is not the one right encoding is refused with nil.
struct DERReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    private init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    /// The contents of the next element, which must have that tag.
    mutating func read(_ tag: UInt8) -> ArraySlice<UInt8>? {
        guard rest.first == tag, let first = rest.dropFirst().first else { return nil }
        var body = rest.dropFirst(2)
        var count = Int(first)
        if first >= 0x80 {
            let places = Int(first & 0x7f)
            guard (1...3).contains(places), body.count >= places, body.first != 0 else {
                return nil
            }
            count = body.prefix(places).reduce(0) { $0 << 8 | Int($1) }
            // A length that fits a shorter form has to use it.
            guard count >= 0x80 else { return nil }
            body = body.dropFirst(places)
        }
        guard body.count >= count else { return nil }
        rest = body.dropFirst(count)
        return body.prefix(count)
    }

    mutating func readSequence() -> DERReader? { read(DER.sequence).map(DERReader.init) }

    /// An INTEGER that is not negative, without its sign byte; zero is one zero byte.
    mutating func readUnsigned() -> [UInt8]? {
        guard let digits = read(DER.integer), let first = digits.first, first < 0x80 else {
            return nil
        }
        guard first == 0, digits.count > 1 else { return Array(digits) }
        guard let second = digits.dropFirst().first, second >= 0x80 else { return nil }
        return Array(digits.dropFirst())
    }

    /// A BIT STRING of whole bytes.
    mutating func readBitString() -> [UInt8]? {
        guard let bits = read(DER.bitString), bits.first == 0 else { return nil }
        return Array(bits.dropFirst())
    }
}
