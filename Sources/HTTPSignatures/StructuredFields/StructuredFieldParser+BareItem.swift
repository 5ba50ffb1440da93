import OpenSSL

extension StructuredFieldParser {
    // 4.2.3.1 Parsing a Bare Item
    mutating func bareItem() throws(StructuredFieldError) -> StructuredField.BareItem {
        guard let first = next else { throw error(.bareItem) }
        switch first {
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return try number()
        case UInt8(ascii: "\""):
            return .string(try string())
        case UInt8(ascii: ":"):
            return .byteSequence(try byteSequence())
        case UInt8(ascii: "?"):
            return .boolean(try boolean())
        case UInt8(ascii: "@"):
            return .date(try date())
        case UInt8(ascii: "%"):
            return .displayString(try displayString())
        case _ where first.isLetter || first == UInt8(ascii: "*"):
            return .token(try token())
        case _:
            throw error(.bareItem)
        }
    }

    // 4.2.4 Parsing an Integer or Decimal
    private mutating func number() throws(StructuredFieldError) -> StructuredField.BareItem {
        let isNegative = consume("-")  // 2 to 4
        guard let first = next, first.isDigit else { throw error(.number) }  // 5 and 6
        var magnitude = 0
        var digits = 0
        var fraction: Int?  // digits after the point, once there is one
        while let byte = next {  // 7
            if byte.isDigit {  // 7.2
                digits += 1
                // 7.5 and 7.6: both bounds keep the product below far inside an Int
                guard digits <= 15 else { throw error(.number) }
                magnitude = magnitude * 10 + Int(byte - UInt8(ascii: "0"))
                if let known = fraction { fraction = known + 1 }
            } else if byte == UInt8(ascii: "."), fraction == nil {  // 7.3
                guard digits <= 12 else { throw error(.number) }
                fraction = 0
            } else {  // 7.4
                break
            }
            position += 1
        }
        let value = isNegative ? -magnitude : magnitude
        switch fraction {  // 8 and 9
        case nil: return .integer(value)
        case 1: return .decimal(.init(thousandths: value * 100))
        case 2: return .decimal(.init(thousandths: value * 10))
        case 3: return .decimal(.init(thousandths: value))
        case _: throw error(.number)
        }
    }

    // 4.2.5 Parsing a String
    private mutating func string() throws(StructuredFieldError) -> String {
        position += 1  // 2 and 3: the caller saw the quote
        let start = position
        var escapes = 0
        while let byte = next {  // 4
            if byte == UInt8(ascii: "\\") {  // 4.2
                position += 1
                guard next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") else {
                    throw error(.string)
                }
                escapes += 1
            } else if byte == UInt8(ascii: "\"") {  // 4.3
                defer { position += 1 }
                if escapes == 0 { return try text(from: start, to: position) }
                return unescaped(from: start, to: position, escapes: escapes)
            } else if !byte.isPrintableASCII {  // 4.4
                throw error(.string)
            }
            position += 1
        }
        throw error(.string)  // 5
    }

    private func unescaped(from start: Int, to end: Int, escapes: Int) -> String {
        var output: [UInt8] = []
        output.reserveCapacity(end - start - escapes)
        var index = start
        while index < end {
            if bytes[index] == UInt8(ascii: "\\") { index += 1 }
            output.append(bytes[index])
            index += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    // 4.2.6 Parsing a Token
    private mutating func token() throws(StructuredFieldError) -> String {
        let start = position
        while let byte = next, byte.isTokenByte { position += 1 }  // 3
        return try text(from: start, to: position)
    }

    // 4.2.7 Parsing a Byte Sequence
    private mutating func byteSequence() throws(StructuredFieldError) -> [UInt8] {
        position += 1  // 1 and 2: the caller saw the colon
        let start = position
        while let byte = next, byte != UInt8(ascii: ":") { position += 1 }  // 4
        guard !isAtEnd else { throw error(.byteSequence) }  // 3
        let encoded = bytes.extracting(start..<position)
        guard encoded.count % 4 == 0, let content = Base64.decode(encoded) else {  // 6 and 7
            throw error(.byteSequence)
        }
        position += 1  // 5
        return content
    }

    // 4.2.8 Parsing a Boolean
    private mutating func boolean() throws(StructuredFieldError) -> Bool {
        position += 1  // 1 and 2
        if consume("1") { return true }
        if consume("0") { return false }
        throw error(.boolean)
    }

    // 4.2.9 Parsing a Date
    private mutating func date() throws(StructuredFieldError) -> Int {
        position += 1  // 1 and 2
        guard case .integer(let seconds) = try number() else { throw error(.date) }  // 3 and 4
        return seconds
    }

    // 4.2.10 Parsing a Display String
    private mutating func displayString() throws(StructuredFieldError) -> String {
        position += 1  // 1 and 2
        guard consume("\"") else { throw error(.displayString) }
        var output: [UInt8] = []  // 3
        while let byte = next {  // 4
            position += 1
            guard byte.isPrintableASCII else { throw error(.displayString) }  // 4.2
            if byte == UInt8(ascii: "%") {  // 4.3
                guard position + 1 < bytes.count,
                    let high = bytes[position].lowercaseHexValue,
                    let low = bytes[position + 1].lowercaseHexValue
                else { throw error(.displayString) }
                output.append(high << 4 | low)
                position += 2
            } else if byte == UInt8(ascii: "\"") {  // 4.4
                guard let text = String(validating: output, as: UTF8.self) else {
                    throw error(.displayString)
                }
                return text
            } else {  // 4.5
                output.append(byte)
            }
        }
        throw error(.displayString)  // 5
    }
}
