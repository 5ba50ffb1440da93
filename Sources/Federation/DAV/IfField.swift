/// The field `If` (RFC 4918, section 10.4): conditions, each list of which may stand behind a tag, the
/// URL of the resource that it is about. Conditions are kept byte for byte.
package struct IfField: Sendable {
    private enum Piece: Sendable {
        case conditions(ArraySlice<UInt8>)
        /// Without its angle brackets.
        case tag(ArraySlice<UInt8>)
    }

    private var pieces: [Piece] = []

    /// Refused (`malformed_request`): brackets and quotes that do not close, and anything but lists
    /// and tags outside of them.
    package init(_ value: ArraySlice<UInt8>) throws(Denial) {
        var rest = value
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"): rest = rest.dropFirst()
            case UInt8(ascii: "<"):
                let end = try Self.end(of: rest, UInt8(ascii: ">"))
                pieces.append(.tag(rest[rest.startIndex + 1..<end]))
                rest = rest[(end + 1)...]
            case UInt8(ascii: "("):
                let end = try Self.endOfList(rest)
                pieces.append(.conditions(rest[...end]))
                rest = rest[(end + 1)...]
            case _: throw Self.unreadable
            }
        }
        guard !pieces.isEmpty else { throw Self.unreadable }
    }

    package var isTagged: Bool {
        pieces.contains { if case .tag = $0 { true } else { false } }
    }

    /// The field with other URLs in its tags.
    package func mapped(
        _ map: (ArraySlice<UInt8>) throws(Denial) -> String
    ) throws(Denial) -> String {
        var text = ""
        for piece in pieces {
            if !text.isEmpty { text += " " }
            switch piece {
            case .conditions(let bytes):
                guard let list = String(validating: bytes, as: UTF8.self) else {
                    throw Self.unreadable
                }
                text += list
            case .tag(let url): text += "<\(try map(url))>"
            }
        }
        return text
    }

    /// A list ends at its `)`, which may stand in a state token or an entity tag too.
    private static func endOfList(_ bytes: ArraySlice<UInt8>) throws(Denial) -> Int {
        var index = bytes.startIndex + 1
        while index < bytes.endIndex {
            switch bytes[index] {
            case UInt8(ascii: ")"): return index
            case UInt8(ascii: "<"): index = try end(of: bytes[index...], UInt8(ascii: ">"))
            case UInt8(ascii: "\""):
                index = try end(of: bytes[(index + 1)...], UInt8(ascii: "\""))
            case UInt8(ascii: "("): throw unreadable
            case _: break
            }
            index += 1
        }
        throw unreadable
    }

    private static func end(of bytes: ArraySlice<UInt8>, _ byte: UInt8) throws(Denial) -> Int {
        guard let end = bytes.firstIndex(of: byte) else { throw unreadable }
        return end
    }

    private static let unreadable = Denial(.malformedRequest, "an If that cannot be read")
}
