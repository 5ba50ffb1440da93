import OpenSSL

/// Writer of HTTP structured fields; the step numbers are those of RFC 9651 section 4.1.
///
/// Refuses what the wire cannot carry: integers over 15 digits, non-ASCII strings, malformed keys
/// and tokens.
package struct StructuredFieldSerializer {
    package private(set) var bytes: [UInt8] = []

    package init(reserving capacity: Int = 0) {
        bytes.reserveCapacity(capacity)
    }

    /// Writes a List (4.1.1). Refused: what has no form there.
    package mutating func write(_ list: StructuredField.List) throws(StructuredFieldError) {
        var isFirst = true
        for member in list {
            if !isFirst { write(", ") }
            isFirst = false
            try write(member)
        }
    }

    /// Writes a Dictionary (4.1.2). Refused: what has no form there.
    package mutating func write(
        _ dictionary: StructuredField.Dictionary
    ) throws(StructuredFieldError) {
        var isFirst = true
        for entry in dictionary.entries {
            if !isFirst { write(", ") }
            isFirst = false
            try write(key: entry.key)
            if case .item(let item) = entry.value, item.value == .boolean(true) {
                try write(item.parameters)
            } else {
                write(UInt8(ascii: "="))
                try write(entry.value)
            }
        }
    }

    /// Writes a member of a List or Dictionary. Refused: what has no form there.
    package mutating func write(_ member: StructuredField.Member) throws(StructuredFieldError) {
        switch member {
        case .item(let item): try write(item)
        case .innerList(let list): try write(list)
        }
    }

    /// Writes an Inner List (4.1.1.1). Refused: what has no form there.
    package mutating func write(_ list: StructuredField.InnerList) throws(StructuredFieldError) {
        write(UInt8(ascii: "("))
        var isFirst = true
        for item in list.items {
            if !isFirst { write(UInt8(ascii: " ")) }
            isFirst = false
            try write(item)
        }
        write(UInt8(ascii: ")"))
        try write(list.parameters)
    }

    /// Writes an Item (4.1.3). Refused: what has no form there.
    package mutating func write(_ item: StructuredField.Item) throws(StructuredFieldError) {
        try write(item.value)
        try write(item.parameters)
    }

    /// Writes Parameters (4.1.1.2). Refused: what has no form there.
    package mutating func write(
        _ parameters: StructuredField.Parameters
    ) throws(StructuredFieldError) {
        for entry in parameters.entries {
            write(UInt8(ascii: ";"))
            try write(key: entry.key)
            if entry.value == .boolean(true) { continue }
            write(UInt8(ascii: "="))
            try write(entry.value)
        }
    }

    // 4.1.1.3 Serializing a Key
    private mutating func write(key: String) throws(StructuredFieldError) {
        let text = key.utf8.span
        guard text.count > 0, text[0].isLowercaseLetter || text[0] == UInt8(ascii: "*") else {
            throw StructuredFieldError(reason: .key, offset: 0)
        }
        for place in text.indices where !text[place].isKeyByte {
            throw StructuredFieldError(reason: .key, offset: 0)
        }
        write(key)
    }

    /// Writes a Bare Item (4.1.3.1). Refused: numbers out of range, texts outside ASCII.
    package mutating func write(_ value: StructuredField.BareItem) throws(StructuredFieldError) {
        switch value {
        case .integer(let integer): try write(integer: integer)
        case .decimal(let decimal): try write(decimal)
        case .string(let string): try write(string: string)
        case .token(let token): try write(token: token)
        case .byteSequence(let content):
            write(UInt8(ascii: ":"))
            Base64.append(content.span, to: &bytes)
            write(UInt8(ascii: ":"))
        case .boolean(let boolean): write(boolean ? "?1" : "?0")
        case .date(let seconds):
            write(UInt8(ascii: "@"))
            try write(integer: seconds)
        case .displayString(let text): write(displayString: text)
        }
    }

    // 4.1.4 Serializing an Integer
    private mutating func write(integer: Int) throws(StructuredFieldError) {
        guard (-999_999_999_999_999...999_999_999_999_999).contains(integer) else {
            throw StructuredFieldError(reason: .number, offset: 0)
        }
        bytes.append(decimal: integer)
    }

    // 4.1.5 Serializing a Decimal
    private mutating func write(_ decimal: StructuredField.Decimal) throws(StructuredFieldError) {
        let magnitude = decimal.thousandths.magnitude
        guard magnitude <= 999_999_999_999_999 else {  // 3
            throw StructuredFieldError(reason: .number, offset: 0)
        }
        if decimal.thousandths < 0 { write("-") }
        write(String(magnitude / 1000))
        write(".")
        let fraction = Int(magnitude % 1000)
        var digits = [fraction / 100, fraction / 10 % 10, fraction % 10]
        while digits.count > 1, digits.last == 0 { digits.removeLast() }
        for digit in digits { bytes.append(UInt8(ascii: "0") + UInt8(digit)) }
    }

    // 4.1.6 Serializing a String
    private mutating func write(string: String) throws(StructuredFieldError) {
        let text = string.utf8.span
        var isPlain = true
        for place in text.indices {
            let byte = text[place]
            guard byte.isPrintableASCII else {
                throw StructuredFieldError(reason: .string, offset: 0)
            }
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { isPlain = false }
        }
        if isPlain { return bytes.append(quoting: text) }
        bytes.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { write("\\") }
            bytes.append(byte)
        }
        bytes.append(UInt8(ascii: "\""))
    }

    // 4.1.7 Serializing a Token
    private mutating func write(token: String) throws(StructuredFieldError) {
        guard let first = token.utf8.first, first.isLetter || first == UInt8(ascii: "*"),
            token.utf8.allSatisfy(\.isTokenByte)
        else { throw StructuredFieldError(reason: .token, offset: 0) }
        write(token)
    }

    // 4.1.11 Serializing a Display String
    private mutating func write(displayString: String) {
        write("%\"")
        for byte in displayString.utf8 {
            if byte == UInt8(ascii: "%") || byte == UInt8(ascii: "\"") || !byte.isPrintableASCII {
                bytes.append(UInt8(ascii: "%"))
                bytes.append(Hex.digit(byte >> 4))
                bytes.append(Hex.digit(byte))
            } else {
                bytes.append(byte)
            }
        }
        write("\"")
    }

    private mutating func write(_ text: String) {
        bytes.append(utf8: text)
    }

    private mutating func write(_ byte: UInt8) {
        bytes.append(byte)
    }
}
