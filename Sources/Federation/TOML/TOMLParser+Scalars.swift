import Foundation
import HTTPSignatures
import OpenSSL

/// Texts (TOML 1.0, "String").
extension TOMLParser {
    /// A text of any of the four kinds.
    mutating func string() throws(TOMLFault) -> String {
        let start = cursor.position
        guard let quote = cursor.peek else { return "" }
        let isBasic = quote == UInt8(ascii: "\"")
        let isLong = cursor.starts(with: quote, count: 3)
        cursor.advance(by: isLong ? 3 : 1)
        if isLong { cursor.skipLineEnd() }
        var text: [UInt8] = []
        while let byte = cursor.peek {
            switch byte {
            case quote where !isLong:
                cursor.advance()
                return String(decoding: text, as: UTF8.self)
            case quote where cursor.starts(with: quote, count: 3):
                cursor.advance(by: 3)
                // Up to two quotes may stand before the closing three.
                for _ in 0..<2 where cursor.peek == quote {
                    text.append(quote)
                    cursor.advance()
                }
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\") where isBasic: try escape(in: &text, isLong)
            case 0x0D where isLong && cursor.isLineEnd: cursor.advance()
            case 0x0A where isLong, 0x09:
                text.append(byte)
                cursor.advance()
            case _ where cursor.isLineEnd: throw Self.openText(start)
            case _ where TOMLCursor.isControl(byte): throw unexpected("this cannot stand here")
            case _:
                text.append(byte)
                cursor.advance()
            }
        }
        let quotes = String(repeating: Character(Unicode.Scalar(quote)), count: 3)
        throw isLong ? .neverClosed("the \(quotes) here", start) : Self.openText(start)
    }

    private static func openText(_ start: SourcePosition) -> TOMLFault {
        TOMLFault(start, "this text has no end on its line", "close it with a straight quote")
    }

    private mutating func escape(in text: inout [UInt8], _ isLong: Bool) throws(TOMLFault) {
        let start = cursor.position
        cursor.advance()
        let letter = cursor.peek ?? 0
        if let byte = Self.escapes[letter] {
            text.append(byte)
            cursor.advance()
        } else if letter == UInt8(ascii: "u") || letter == UInt8(ascii: "U") {
            cursor.advance()
            let number = hexadecimal(letter == UInt8(ascii: "u") ? 4 : 8)
            guard let scalar = number.flatMap(Unicode.Scalar.init) else {
                throw TOMLFault(
                    start, "this escape names no character",
                    #"write \u and four digits, or \U and eight"#)
            }
            guard scalar != "\0" else {
                throw TOMLFault(start, "the character NUL cannot stand in a string")
            }
            text += Array(String(Character(scalar)).utf8)
        } else if isLong, cursor.isBlankLine {
            while cursor.peek == 0x20 || cursor.peek == 0x09 || cursor.isLineEnd {
                cursor.advance()
            }
        } else {
            throw TOMLFault(
                start, "this escape is none of TOML's",
                "write a backslash twice, or the text in 'single quotes'")
        }
    }

    private mutating func hexadecimal(_ digits: Int) -> UInt32? {
        var number: UInt32 = 0
        for _ in 0..<digits {
            guard let digit = cursor.peek?.hexValue else { return nil }
            number = number << 4 | UInt32(digit)
            cursor.advance()
        }
        return number
    }

    private static let escapes: [UInt8: UInt8] = [
        UInt8(ascii: "b"): 0x08, UInt8(ascii: "t"): 0x09, UInt8(ascii: "n"): 0x0A,
        UInt8(ascii: "f"): 0x0C, UInt8(ascii: "r"): 0x0D, UInt8(ascii: "\""): UInt8(ascii: "\""),
        UInt8(ascii: "\\"): UInt8(ascii: "\\"),
    ]
}

/// Numbers, booleans, dates and times.
extension TOMLParser {
    /// What stands here without quotes, to the next blank, line end or delimiter; a day and a time
    /// may have a blank between them.
    mutating func scalar() throws(TOMLFault) -> TOMLNode.Content {
        let start = cursor.position
        var word = cursor.word()
        guard !word.isEmpty else { throw noValue() }
        if TOMLMoment.isMeant(by: word) {
            if word.count == "2027-06-30".utf8.count, cursor.isBlankBeforeDigit {
                cursor.advance()
                word += [0x20] + cursor.word()
            }
            return try moment(word, start)
        }
        switch String(decoding: word, as: UTF8.self) {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        case "inf", "+inf": return .float(.infinity)
        case "-inf": return .float(-.infinity)
        case "nan", "+nan", "-nan": return .float(.nan)
        case let text: return try number(text, start)
        }
    }

    /// What is told where no value begins.
    private func noValue() -> TOMLFault {
        switch cursor.peek {
        case UInt8(ascii: "]"), UInt8(ascii: "}"):
            TOMLFault(cursor.position, "this bracket closes none of its kind")
        case _:
            unexpected("a value is missing here", "write one behind the =, or between two commas")
        }
    }

    private func number(
        _ text: String, _ start: SourcePosition
    ) throws(TOMLFault) -> TOMLNode.Content {
        guard let number = TOMLNumber(text) else { throw Self.noValue(text, start) }
        let plain = number.digits
        if number.isFloat {
            if let value = Double(plain), value.isFinite { return .float(value) }
            throw TOMLFault(start, "this number is too large")
        }
        guard let value = Int(plain, radix: number.radix) else {
            throw TOMLFault(
                start, "this number does not fit into 64 bits",
                "write one from \(Int.min) to \(Int.max)")
        }
        return .integer(value)
    }

    /// The word itself in quotes, without those that it may have.
    private static func noValue(_ word: String, _ start: SourcePosition) -> TOMLFault {
        let message = "this is no value"
        let lowered = word.lowercased()
        if lowered == "true" || lowered == "false" {
            return TOMLFault(start, message, "write \(lowered), or the text in straight quotes")
        }
        let plain = word.filter { !"“”„‟«»‘’‚\"'".contains($0) }
        let quoting = "put a text in straight quotes" + (plain.isEmpty ? "" : ": \(quoted(plain))")
        guard word.utf8.allSatisfy({ $0.isDigit || "._/+-".utf8.contains($0) }) else {
            return TOMLFault(start, message, quoting)
        }
        // An address has more parts than a date, and a number fewer.
        let hint =
            switch word.utf8.split(whereSeparator: { $0 == 0x2E || $0 == 0x2F }).count {
            case ...2: "; a number is written without them, like 443 or 0.5"
            case 3: "; a date is written without them, like 2027-06-30"
            case _: ""
            }
        return TOMLFault(start, message, quoting + hint)
    }

    private func moment(
        _ word: [UInt8], _ start: SourcePosition
    ) throws(TOMLFault) -> TOMLNode.Content {
        guard let moment = TOMLMoment(word) else {
            throw TOMLFault(
                start, "this is no date and no time",
                "write one like 2027-06-30 or 2027-06-30T12:00:00Z")
        }
        guard moment.exists else {
            throw TOMLFault(
                start, "there is no such moment",
                "write one that there is, like 2027-06-30 or 2027-06-30T12:00:00Z")
        }
        return moment.content
    }
}

/// A number as TOML 1.0 writes it ("Integer", "Float"), without `inf` and `nan`.
private struct TOMLNumber {
    let isFloat: Bool
    let radix: Int
    /// Without underscores and without what says the radix.
    let digits: String

    /// Refused: zeros in front, underscores that are not between digits, a sign before what is no
    /// decimal number.
    init?(_ text: String) {
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where text.hasPrefix(prefix) {
            var rest = text.utf8.dropFirst(2)
            guard Self.takeDigits(from: &rest, radix: radix) != nil, rest.isEmpty else {
                return nil
            }
            self.radix = radix
            isFloat = false
            digits = text.dropFirst(2).filter { $0 != "_" }
            return
        }
        var rest = text.utf8[...]
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
        let hasZero = rest.first == UInt8(ascii: "0")
        guard let whole = Self.takeDigits(from: &rest), !hasZero || whole == 1 else { return nil }
        var isFloat = false
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard Self.takeDigits(from: &rest) != nil else { return nil }
            isFloat = true
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") {
                rest.removeFirst()
            }
            guard Self.takeDigits(from: &rest) != nil else { return nil }
            isFloat = true
        }
        guard rest.isEmpty else { return nil }
        self.isFloat = isFloat
        radix = 10
        digits = text.filter { $0 != "_" }
    }

    /// How many digits and underscores between them were taken; nil for none, or an underscore that
    /// is not between two.
    private static func takeDigits(from rest: inout Substring.UTF8View, radix: Int = 10) -> Int? {
        var count = 0
        var isBehindDigit = false
        while let byte = rest.first {
            if byte == UInt8(ascii: "_") {
                guard isBehindDigit else { return nil }
                isBehindDigit = false
            } else if let digit = byte.hexValue, digit < radix {
                isBehindDigit = true
            } else {
                break
            }
            count += 1
            rest.removeFirst()
        }
        return isBehindDigit ? count : nil
    }
}
