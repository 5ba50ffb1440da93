import OpenSSL

/// The parameters of `application/x-www-form-urlencoded`, in order, or of a query.
package struct FormBody: Sendable, Equatable {
    package private(set) var parameters: [(name: String, value: String)]

    /// Refused (`malformed_message`): more than 64 parameters, invalid escapes, text that is not
    /// UTF-8, control characters other than line breaks, more than `limit` bytes
    /// (`body_too_large`).
    package init(parsing bytes: [UInt8], limit: Int = 65_536) throws(Denial) {
        guard bytes.count <= limit else {
            throw Denial(.bodyTooLarge, "a form of \(bytes.count) bytes")
        }
        parameters = []
        for pair in bytes.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true) {
            guard parameters.count < 64 else {
                throw Denial(.malformedMessage, "too many parameters")
            }
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            let value = equals == pair.endIndex ? [] : pair[(equals + 1)...]
            guard let name = Self.decoded(pair[..<equals]), let text = Self.decoded(value) else {
                throw Denial(.malformedMessage, "a parameter is not well-formed")
            }
            parameters.append((name: name, value: text))
        }
    }

    init(_ parameters: [(String, String)]) {
        self.parameters = parameters.map { (name: $0.0, value: $0.1) }
    }

    /// The value of a parameter; nil when absent or without a value (RFC 6749 3.2).
    package subscript(name: String) -> String? {
        parameters.first { $0.name.utf8.elementsEqual(name.utf8) }
            .flatMap { $0.value.isEmpty ? nil : $0.value }
    }

    /// The first name that stands there twice.
    package var repeated: String? {
        var seen: Set<[UInt8]> = []
        return parameters.first { !seen.insert(Array($0.name.utf8)).inserted }?.name
    }

    /// Whether every name is of letters, digits, `_` and `-`: PHP drops spaces in front of a name,
    /// ends it at NUL, and turns dots and brackets into other names.
    package var hasPlainNames: Bool {
        parameters.allSatisfy { name, _ in
            !name.isEmpty
                && name.utf8.allSatisfy {
                    $0.isLetterOrDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-")
                }
        }
    }

    /// Gives a parameter another value at its place.
    package mutating func replace(_ name: String, with value: String) {
        for place in parameters.indices where parameters[place].name.utf8.elementsEqual(name.utf8) {
            parameters[place].value = value
        }
    }

    /// The text of the parameters, every byte outside the unreserved ones escaped, as PHP does.
    package func serialized() -> [UInt8] {
        var bytes: [UInt8] = []
        for (place, parameter) in parameters.enumerated() {
            if place > 0 { bytes.append(UInt8(ascii: "&")) }
            Self.encode(parameter.name, into: &bytes)
            bytes.append(UInt8(ascii: "="))
            Self.encode(parameter.value, into: &bytes)
        }
        return bytes
    }

    package static func == (left: FormBody, right: FormBody) -> Bool {
        left.serialized() == right.serialized()
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> String? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var place = text.startIndex
        while place < text.endIndex {
            switch text[place] {
            case UInt8(ascii: "+"):
                bytes.append(0x20)
                place += 1
            case UInt8(ascii: "%"):
                guard place + 2 < text.endIndex, let high = text[place + 1].hexValue,
                    let low = text[place + 2].hexValue
                else { return nil }
                bytes.append(high << 4 | low)
                place += 3
            default:
                bytes.append(text[place])
                place += 1
            }
        }
        let isPlain = bytes.allSatisfy { byte in
            (byte >= 0x20 && byte != 0x7F) || byte == 0x0A || byte == 0x0D || byte == 0x09
        }
        return isPlain ? String(validating: bytes, as: UTF8.self) : nil
    }

    private static func encode(_ text: String, into bytes: inout [UInt8]) {
        for byte in text.utf8 {
            switch byte {
            case 0x20: bytes.append(UInt8(ascii: "+"))
            // PHP escapes this one, too.
            case UInt8(ascii: "~"): bytes.append(escaped: byte)
            case _ where byte.isUnreserved: bytes.append(byte)
            case _: bytes.append(escaped: byte)
            }
        }
    }
}

extension FormBody: CustomStringConvertible, Redacted {
    package var description: String { "<form of \(parameters.count)>" }
}
