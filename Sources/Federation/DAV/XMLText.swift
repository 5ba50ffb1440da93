/// Character data of XML 1.0: what its bytes stand for, and back.
enum XMLText {
    /// The text of a content without elements: character and predefined entity references resolved,
    /// CDATA sections opened, comments and processing instructions left out. Nil for a reference
    /// that is none of these.
    static func resolved(_ content: ArraySlice<UInt8>) -> [UInt8]? {
        var text: [UInt8] = []
        text.reserveCapacity(content.count)
        var rest = content
        while let byte = rest.first {
            if byte == UInt8(ascii: "&") {
                guard let end = rest.prefix(12).firstIndex(of: UInt8(ascii: ";")),
                    let scalar = reference(rest[(rest.startIndex + 1)..<end])
                else { return nil }
                text += Array(String(Character(scalar)).utf8)
                rest = rest[(end + 1)...]
            } else if rest.starts(with: "<![CDATA[".utf8) {
                let inside = rest.dropFirst(9)
                let end = place(of: "]]>", in: inside)
                text += inside[..<end]
                rest = inside[end...].dropFirst(3)
            } else if rest.starts(with: "<!--".utf8) {
                let inside = rest.dropFirst(4)
                rest = inside[place(of: "-->", in: inside)...].dropFirst(3)
            } else if byte == UInt8(ascii: "<") {
                rest = rest[place(of: "?>", in: rest)...].dropFirst(2)
            } else {
                text.append(byte)
                rest = rest.dropFirst()
            }
        }
        return text
    }

    /// The text as character data.
    static func escaped(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        for byte in text {
            switch byte {
            case UInt8(ascii: "&"): bytes += Array("&amp;".utf8)
            case UInt8(ascii: "<"): bytes += Array("&lt;".utf8)
            case UInt8(ascii: ">"): bytes += Array("&gt;".utf8)
            default: bytes.append(byte)
            }
        }
        return bytes
    }

    private static func reference(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
        switch String(decoding: name, as: UTF8.self) {
        case "amp": return "&"
        case "lt": return "<"
        case "gt": return ">"
        case "quot": return "\""
        case "apos": return "'"
        case let number:
            guard number.hasPrefix("#") else { return nil }
            let digits = number.dropFirst()
            let value =
                digits.hasPrefix("x") ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
            return value.flatMap(Unicode.Scalar.init)
        }
    }

    private static func place(of word: String, in bytes: ArraySlice<UInt8>) -> Int {
        let word = Array(word.utf8)
        var place = bytes.startIndex
        while place + word.count <= bytes.endIndex {
            if bytes[place..<(place + word.count)].elementsEqual(word) { return place }
            place += 1
        }
        return bytes.endIndex
    }
}
