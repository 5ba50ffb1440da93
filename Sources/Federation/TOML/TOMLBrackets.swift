/// The brackets, dates and line separators of a text, looked at before TOMLKit reads it.
///
/// TOMLKit ends the process, rather than to report it, when the bracket of a header is followed by
/// something that begins no key, and at some brackets that close what others opened, dates that are
/// none, and line separators of Unicode before an element; a slip in a policy must not end a gateway
/// that reloads it. What lies too deep is found here too, before anything takes time over it.
struct TOMLBrackets {
    /// What is wrong, and where.
    struct Fault {
        let position: SourcePosition
        let message: String
    }

    private var cursor: TOMLCursor
    /// The brackets that are open in a value, the innermost last, how deep each lies, and where.
    private var open: [(bracket: UInt8, depth: Int, place: SourcePosition)] = []
    /// How many keys and places in arrays lead to here, below the header.
    private var depth = 0
    /// Whether a text of one line went on behind it: of which line that is TOMLKit tells, and what
    /// follows may not be what it seems.
    private var isCut = false

    private init(_ text: [UInt8]) { cursor = TOMLCursor(text) }

    /// The first fault; nil when there is none.
    ///
    /// The text need not be valid: up to its first fault it is cut into lines as TOML cuts it, and
    /// what comes after that TOMLKit does not reach.
    static func firstFault(_ text: [UInt8]) -> Fault? {
        var brackets = TOMLBrackets(text)
        while true {
            brackets.cursor.skipBlank()
            guard let byte = brackets.cursor.peek else { return nil }
            let fault = byte == UInt8(ascii: "[") ? brackets.header() : brackets.member()
            if let fault { return fault }
        }
    }

    private mutating func header() -> Fault? {
        cursor.advance()
        cursor.skipSpace()
        if cursor.peek == UInt8(ascii: "[") {
            cursor.advance()
            cursor.skipSpace()
        }
        switch cursor.peek {
        // TOMLKit has its own words for brackets around nothing.
        case nil, UInt8(ascii: "]"), UInt8(ascii: "\""), UInt8(ascii: "'"): break
        case let byte?:
            guard TOMLCursor.isBare(byte) else {
                return Fault(
                    position: cursor.position,
                    message: "a table needs a name between its brackets, like [list.partners]")
            }
        }
        depth = 0
        if let fault = key() { return fault }
        cursor.skipLine()
        return nil
    }

    /// A key with its dots, where one stands.
    private mutating func key() -> Fault? {
        let parts = cursor.dottedKey(atMost: TOMLDocument.depthLimit - depth + 1)
        depth += parts.count
        guard depth > TOMLDocument.depthLimit, let last = parts.last else { return nil }
        return Fault(position: last.position, message: TOMLDocument.tooDeep)
    }

    /// A key and its value, to the end of the line that closes the last bracket.
    private mutating func member() -> Fault? {
        open.removeAll()
        depth = 0
        if let fault = key() { return fault }
        var last: UInt8?
        while let byte = cursor.peek {
            let isValue = last == UInt8(ascii: "=") || open.last?.bracket == UInt8(ascii: "[")
            if byte != 0x20, byte != 0x09 { last = byte }
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "'"):
                if let fault = string() { return fault }
            case UInt8(ascii: "#"): cursor.skipLine()
            case UInt8(ascii: "\n") where open.isEmpty: return nil
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                guard depth <= TOMLDocument.depthLimit else {
                    return Fault(position: cursor.position, message: TOMLDocument.tooDeep)
                }
                open.append((byte, depth, cursor.position))
                cursor.advance()
                if byte == UInt8(ascii: "[") {
                    depth += 1
                } else if let fault = key() {
                    return fault
                }
            case UInt8(ascii: ",") where open.last?.bracket == UInt8(ascii: "{"):
                cursor.advance()
                depth = open.last?.depth ?? 0
                if let fault = key() { return fault }
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                // Both closing brackets lie two places behind the opening ones.
                if let opening = open.popLast() {
                    guard opening.bracket + 2 == byte else {
                        return Fault(
                            position: cursor.position,
                            message: "this bracket closes none of its kind")
                    }
                    depth = opening.depth
                }
                cursor.advance()
            case 0x30...0x39 where isValue:
                if let fault = number() { return fault }
            case _ where cursor.isLineSeparator:
                return Fault(
                    position: cursor.position,
                    message: "a line separator (U+0085, U+2028, U+2029) cannot stand here")
            default: skipWord()
            }
        }
        return neverClosed()
    }

    /// The bracket that is open where the text ends.
    private func neverClosed() -> Fault? {
        guard let opening = open.last, !isCut else { return nil }
        // A brace has to be closed on its line, of which TOMLKit tells.
        guard
            opening.bracket == UInt8(ascii: "[")
                || opening.place.line == cursor.position.line
        else { return nil }
        let bracket = Character(Unicode.Scalar(opening.bracket))
        return Fault(position: opening.place, message: "this \(bracket) is never closed")
    }

    /// Takes a text; three quotes that nothing closes are a fault.
    private mutating func string() -> Fault? {
        let (place, start) = (cursor.position, cursor.offset)
        cursor.skipString()
        guard cursor.peek == nil || cursor.position.line != place.line else { return nil }
        let text = Array(cursor.text(from: start).utf8)
        let quotes = Array(repeating: text[0], count: 3)
        guard text.starts(with: quotes) else {
            let isClosed = text.count > 1 && text.last == text[0]
            isCut = isCut || !isClosed || cursor.position.line != place.line
            return nil
        }
        guard cursor.peek == nil, !isCut else { return nil }
        if text.count >= 6, text.suffix(3).elementsEqual(quotes) { return nil }
        return Fault(
            position: place,
            message: "the \(String(decoding: quotes, as: UTF8.self)) here is never closed")
    }

    /// A value that begins with a digit: a number or a date.
    private mutating func number() -> Fault? {
        let place = cursor.position
        let token = cursor.token
        let isDay = TOMLMoment.isTakenForDay(token)
        if isDay { for _ in token { cursor.advance() } }
        var value = isDay ? token : cursor.word()
        // A blank may stand between a date and its time.
        let hasTime = isDay && cursor.isBlankBeforeDigit
        if hasTime {
            cursor.advance()
            value += [0x20] + cursor.word()
        }
        guard hasTime || TOMLMoment.isMeant(by: value), !TOMLMoment.isWellFormed(value) else {
            return nil
        }
        return Fault(position: place, message: "this is no date and no time like 2027-06-30")
    }

    private mutating func skipWord() {
        if cursor.word().isEmpty { cursor.advance() }
    }
}
