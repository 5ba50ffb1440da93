import OpenSSL

extension JSONValue {
    /// Reads one JSON text (RFC 8259), strictly.
    ///
    /// Refused, with the offset: what is over the limits, a byte order mark, text that is not
    /// UTF-8, lone surrogates, control characters in strings, NaN and other spellings outside the
    /// grammar, bytes after the end, names over 256 bytes, and two members of one object whose names
    /// are the same (unless the limits allow both), also when they differ only in letter case: readers
    /// written in Go take those for one.
    package init(
        parsing bytes: Span<UInt8>, limits: JSONLimits = .message
    ) throws(JSONError) {
        guard bytes.count <= limits.bytes else {
            throw JSONError(problem: .tooLong, offset: limits.bytes)
        }
        var reader = JSONReader(limits: limits)
        if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF {
            throw JSONError(problem: .byteOrderMark, offset: 0)
        }
        let value = try reader.value(bytes, depth: 0)
        reader.skipSpace(bytes)
        guard reader.place == bytes.count else {
            throw JSONError(problem: .trailingBytes, offset: reader.place)
        }
        self = value
    }

    package init(parsing bytes: [UInt8], limits: JSONLimits = .message) throws(JSONError) {
        try self.init(parsing: bytes.span, limits: limits)
    }
}

/// The place in a text that is being read, and what was spent of the limits.
private struct JSONReader {
    let limits: JSONLimits
    var place = 0
    var values = 0

    init(limits: JSONLimits) { self.limits = limits }

    func failure(_ problem: JSONError.Problem, at offset: Int? = nil) -> JSONError {
        JSONError(problem: problem, offset: offset ?? place)
    }

    mutating func skipSpace(_ bytes: Span<UInt8>) {
        while place < bytes.count {
            switch bytes[place] {
            case 0x20, 0x0A, 0x0D, 0x09: place += 1
            default: return
            }
        }
    }

    func peek(_ bytes: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard place < bytes.count else { throw failure(.endOfText) }
        return bytes[place]
    }

    mutating func value(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONValue {
        skipSpace(bytes)
        values += 1
        guard values <= limits.values else { throw failure(.tooManyValues) }
        switch try peek(bytes) {
        case UInt8(ascii: "{"):
            guard depth < limits.depth else { throw failure(.tooDeep) }
            return .object(try object(bytes, depth: depth + 1))
        case UInt8(ascii: "["):
            guard depth < limits.depth else { throw failure(.tooDeep) }
            return .array(try array(bytes, depth: depth + 1))
        case UInt8(ascii: "\""): return .string(try string(bytes))
        case UInt8(ascii: "t"):
            try literal("true", bytes)
            return .bool(true)
        case UInt8(ascii: "f"):
            try literal("false", bytes)
            return .bool(false)
        case UInt8(ascii: "n"):
            try literal("null", bytes)
            return .null
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try number(bytes))
        default: throw failure(.unexpectedByte)
        }
    }

    mutating func literal(_ word: StaticString, _ bytes: Span<UInt8>) throws(JSONError) {
        for byte in word.description.utf8 {
            guard try peek(bytes) == byte else { throw failure(.unexpectedByte) }
            place += 1
        }
    }

    mutating func array(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> [JSONValue] {
        place += 1
        var elements: [JSONValue] = []
        skipSpace(bytes)
        if try peek(bytes) == UInt8(ascii: "]") {
            place += 1
            return elements
        }
        while true {
            elements.append(try value(bytes, depth: depth))
            skipSpace(bytes)
            switch try peek(bytes) {
            case UInt8(ascii: ","): place += 1
            case UInt8(ascii: "]"):
                place += 1
                return elements
            default: throw failure(.unexpectedByte)
            }
        }
    }

    mutating func object(_ bytes: Span<UInt8>, depth: Int) throws(JSONError) -> JSONObject {
        place += 1
        var members: [JSONObject.Member] = []
        members.reserveCapacity(depth == 1 ? 16 : 4)
        var names = MemberNames()
        skipSpace(bytes)
        if try peek(bytes) == UInt8(ascii: "}") {
            place += 1
            return JSONObject()
        }
        while true {
            skipSpace(bytes)
            let start = place
            guard try peek(bytes) == UInt8(ascii: "\"") else { throw failure(.unexpectedByte) }
            let (name, known) = try name(bytes)
            if limits.names == .once {
                guard name.utf8.count <= JSONLimits.longestName else {
                    throw failure(.nameTooLong, at: start)
                }
                guard names.insert(name, known) else { throw failure(.duplicateMember, at: start) }
            }
            skipSpace(bytes)
            guard try peek(bytes) == UInt8(ascii: ":") else { throw failure(.unexpectedByte) }
            place += 1
            members.append(JSONObject.Member(name, known, try value(bytes, depth: depth)))
            skipSpace(bytes)
            switch try peek(bytes) {
            case UInt8(ascii: ","): place += 1
            case UInt8(ascii: "}"):
                place += 1
                return JSONObject(read: members)
            default: throw failure(.unexpectedByte)
            }
        }
    }

    /// The name between the quotes at `place`, and which of those that messages have it is.
    mutating func name(_ bytes: Span<UInt8>) throws(JSONError) -> (String, MemberName?) {
        let start = place + 1
        guard try skipPlainString(bytes) else {
            let name = try escapedString(bytes, from: start)
            return (name, .named(name.utf8.span))
        }
        let letters = bytes.extracting(start..<(place - 1))
        if let known = MemberName.named(letters) { return (known.text, known) }
        return (try text(letters, at: start), nil)
    }

    /// The text between the quotes at `place`, escapes resolved.
    mutating func string(_ bytes: Span<UInt8>) throws(JSONError) -> String {
        let start = place + 1
        guard try skipPlainString(bytes) else { return try escapedString(bytes, from: start) }
        return try text(bytes.extracting(start..<(place - 1)), at: start)
    }

    /// Goes behind the string at `place`; false at the first escape, where it stops.
    private mutating func skipPlainString(_ bytes: Span<UInt8>) throws(JSONError) -> Bool {
        place += 1
        while place < bytes.count {
            switch bytes[place] {
            case UInt8(ascii: "\""):
                place += 1
                return true
            case UInt8(ascii: "\\"): return false
            case 0..<0x20: throw failure(.controlCharacter)
            default: place += 1
            }
        }
        throw failure(.endOfText)
    }

    private func text(_ bytes: Span<UInt8>, at start: Int) throws(JSONError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes))
        } catch {
            throw failure(.invalidUTF8, at: start + error.byteOffsets.lowerBound)
        }
    }

    private mutating func escapedString(
        _ bytes: Span<UInt8>, from start: Int
    ) throws(JSONError) -> String {
        var plain: [UInt8] = []
        plain.reserveCapacity(place - start + 32)
        for offset in start..<place { plain.append(bytes[offset]) }
        while place < bytes.count {
            let byte = bytes[place]
            switch byte {
            case UInt8(ascii: "\""):
                let text = try text(plain.span, at: start)
                place += 1
                return text
            case UInt8(ascii: "\\"):
                place += 1
                try escape(bytes, into: &plain)
            case 0..<0x20: throw failure(.controlCharacter)
            default:
                plain.append(byte)
                place += 1
            }
        }
        throw failure(.endOfText)
    }

    private mutating func escape(
        _ bytes: Span<UInt8>, into plain: inout [UInt8]
    ) throws(JSONError) {
        let start = place - 1
        let byte = try peek(bytes)
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): plain.append(byte)
        case UInt8(ascii: "b"): plain.append(0x08)
        case UInt8(ascii: "f"): plain.append(0x0C)
        case UInt8(ascii: "n"): plain.append(0x0A)
        case UInt8(ascii: "r"): plain.append(0x0D)
        case UInt8(ascii: "t"): plain.append(0x09)
        case UInt8(ascii: "u"):
            var code = UInt32(try unit(bytes))
            if (0xD800..<0xDC00).contains(code) {
                guard place + 1 < bytes.count, bytes[place] == UInt8(ascii: "\\"),
                    bytes[place + 1] == UInt8(ascii: "u")
                else { throw failure(.loneSurrogate, at: start) }
                place += 2
                let low = UInt32(try unit(bytes))
                guard (0xDC00..<0xE000).contains(low) else {
                    throw failure(.loneSurrogate, at: start)
                }
                code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else {
                throw failure(.loneSurrogate, at: start)
            }
            plain.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        default: throw failure(.invalidEscape, at: start)
        }
    }

    /// Four hexadecimal digits.
    private mutating func unit(_ bytes: Span<UInt8>) throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            guard let digit = try peek(bytes).hexValue else { throw failure(.invalidEscape) }
            unit = unit << 4 | UInt16(digit)
            place += 1
        }
        return unit
    }

    /// A number of the grammar of RFC 8259 section 6, at most 64 characters long.
    private mutating func number(_ bytes: Span<UInt8>) throws(JSONError) -> JSONNumber {
        let start = place
        if bytes[place] == UInt8(ascii: "-") { place += 1 }
        let whole = try digits(bytes)
        if whole > 1, bytes[place - whole] == UInt8(ascii: "0") {
            throw failure(.invalidNumber, at: start)
        }
        if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
            place += 1
            _ = try digits(bytes)
        }
        if place < bytes.count, bytes[place] | 0x20 == UInt8(ascii: "e") {
            place += 1
            if place < bytes.count,
                bytes[place] == UInt8(ascii: "+") || bytes[place] == UInt8(ascii: "-")
            {
                place += 1
            }
            _ = try digits(bytes)
        }
        guard place - start <= 64 else { throw failure(.invalidNumber, at: start) }
        return JSONNumber(validated: try text(bytes.extracting(start..<place), at: start))
    }

    private mutating func digits(_ bytes: Span<UInt8>) throws(JSONError) -> Int {
        let start = place
        while place < bytes.count, bytes[place].isDigit { place += 1 }
        guard place > start else { throw failure(.invalidNumber) }
        return place - start
    }
}
