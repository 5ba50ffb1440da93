import OpenSSL

extension JSONValue {
    /// The compact text of the value (RFC 8259), control characters escaped, all else as UTF-8.
    package func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        write(into: &bytes)
        return bytes
    }

    private func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(utf8: "null")
        case .bool(let value): bytes.append(utf8: value ? "true" : "false")
        case .number(let number): bytes.append(utf8: number.text)
        case .string(let text): Self.write(text, into: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            for (place, element) in elements.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                element.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .object(let object):
            bytes.append(UInt8(ascii: "{"))
            for (place, member) in object.members.enumerated() {
                if place > 0 { bytes.append(UInt8(ascii: ",")) }
                member.writeName(into: &bytes)
                bytes.append(UInt8(ascii: ":"))
                member.value.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "}"))
        }
    }

    /// Appends a string as `serialized` writes it.
    package static func write(_ text: String, into bytes: inout [UInt8]) {
        let plain = text.utf8.span
        if plain.isPlainText {
            bytes.append(quoting: plain)
            return
        }
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0x0D: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            case 0x09: bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
            case 0..<0x20, 0x7F:
                bytes.append(utf8: "\\u00")
                bytes.append(Hex.digit(byte >> 4))
                bytes.append(Hex.digit(byte))
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSONObject.Member {
    /// Names that messages have need no escape.
    fileprivate func writeName(into bytes: inout [UInt8]) {
        if known != nil {
            bytes.append(quoting: name.utf8.span)
        } else {
            JSONValue.write(name, into: &bytes)
        }
    }
}
