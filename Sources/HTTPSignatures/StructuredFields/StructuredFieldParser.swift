import OpenSSL

/// Parser of HTTP structured fields; the step numbers are those of RFC 9651 section 4.2.
///
/// Stricter than section 4.2.7 asks where a reader may choose: a byte sequence without its padding,
/// or with bits set behind its last byte, is refused, so that no two texts stand for one signature.
package struct StructuredFieldParser: ~Escapable {
    let bytes: Span<UInt8>
    let repeatedKeys: StructuredField.RepeatedKeys
    var position = 0

    @_lifetime(copy bytes)
    package init(
        _ bytes: Span<UInt8>, repeatedKeys: StructuredField.RepeatedKeys = .lastWins
    ) {
        self.bytes = bytes
        self.repeatedKeys = repeatedKeys
    }

    /// Reads a List (RFC 9651, 4.2.1). Refused: anything else.
    package mutating func parseList() throws(StructuredFieldError) -> StructuredField.List {
        try begin()
        let list = try list()
        try end()
        return list
    }

    /// Reads a Dictionary (RFC 9651, 4.2.2). Refused: anything else.
    package mutating func parseDictionary() throws(StructuredFieldError)
        -> StructuredField.Dictionary
    {
        try begin()
        let dictionary = try dictionary()
        try end()
        return dictionary
    }

    /// Reads an Item (RFC 9651, 4.2.3). Refused: anything else.
    package mutating func parseItem() throws(StructuredFieldError) -> StructuredField.Item {
        try begin()
        let item = try item()
        try end()
        return item
    }

    // 4.2 steps 1 and 2. Bytes outside ASCII fail where they stand: no production below takes one.
    private mutating func begin() throws(StructuredFieldError) {
        skipSpaces()
    }

    // 4.2 steps 6 and 7.
    private mutating func end() throws(StructuredFieldError) {
        skipSpaces()
        guard isAtEnd else { throw error(.trailingBytes) }
    }

    // 4.2.1 Parsing a List
    private mutating func list() throws(StructuredFieldError) -> StructuredField.List {
        var members: StructuredField.List = []  // 1
        while !isAtEnd {  // 2
            members.append(try member())  // 2.1
            guard try isFollowedByMember() else { break }  // 2.2 to 2.6
        }
        return members
    }

    // 4.2.2 Parsing a Dictionary
    private mutating func dictionary() throws(StructuredFieldError) -> StructuredField.Dictionary {
        var dictionary = StructuredField.Dictionary()  // 1
        while !isAtEnd {  // 2
            let start = position
            let key = try key()  // 2.1
            let member: StructuredField.Member
            if consume("=") {  // 2.2
                member = try self.member()
            } else {  // 2.3
                member = .item(.init(.boolean(true), parameters: try parameters()))
            }
            // 2.4 and 2.5
            if !dictionary.set(key, to: member), case .refused = repeatedKeys {
                throw StructuredFieldError(reason: .repeatedKey, offset: start)
            }
            guard try isFollowedByMember() else { break }  // 2.6 to 2.10
        }
        return dictionary
    }

    // 4.2.1 steps 2.2 to 2.6, 4.2.2 steps 2.6 to 2.10
    private mutating func isFollowedByMember() throws(StructuredFieldError) -> Bool {
        skipOptionalWhitespace()
        if isAtEnd { return false }
        guard consume(",") else { throw error(.missingComma) }
        skipOptionalWhitespace()
        if isAtEnd { throw error(.trailingComma) }
        return true
    }

    // 4.2.1.1 Parsing an Item or Inner List
    private mutating func member() throws(StructuredFieldError) -> StructuredField.Member {
        if next == UInt8(ascii: "(") { return .innerList(try innerList()) }
        return .item(try item())
    }

    // 4.2.1.2 Parsing an Inner List
    private mutating func innerList() throws(StructuredFieldError) -> StructuredField.InnerList {
        guard consume("(") else { throw error(.innerList) }  // 1
        var items: [StructuredField.Item] = []  // 2
        items.reserveCapacity(8)
        while !isAtEnd {  // 3
            skipSpaces()  // 3.1
            if consume(")") {  // 3.2
                return .init(items, parameters: try parameters())
            }
            items.append(try item())  // 3.3 and 3.4
            guard next == UInt8(ascii: " ") || next == UInt8(ascii: ")") else {  // 3.5
                throw error(.innerList)
            }
        }
        throw error(.innerList)  // 4
    }

    // 4.2.3 Parsing an Item
    private mutating func item() throws(StructuredFieldError) -> StructuredField.Item {
        let value = try bareItem()
        return .init(value, parameters: try parameters())
    }

    // 4.2.3.2 Parsing Parameters
    private mutating func parameters() throws(StructuredFieldError) -> StructuredField.Parameters {
        var parameters = StructuredField.Parameters()  // 1
        while consume(";") {  // 2, 2.1 and 2.2
            skipSpaces()  // 2.3
            let start = position
            let key = try key()  // 2.4
            var value = StructuredField.BareItem.boolean(true)  // 2.5
            if consume("=") { value = try bareItem() }  // 2.6
            // 2.7 and 2.8
            if !parameters.set(key, to: value), case .refused = repeatedKeys {
                throw StructuredFieldError(reason: .repeatedKey, offset: start)
            }
        }
        return parameters
    }

    // 4.2.3.3 Parsing a Key
    private mutating func key() throws(StructuredFieldError) -> String {
        let start = position
        guard let first = next, first.isLowercaseLetter || first == UInt8(ascii: "*") else {  // 1
            throw error(.key)
        }
        while let byte = next, byte.isKeyByte { position += 1 }  // 3
        return try text(from: start, to: position)
    }
}

extension StructuredFieldParser {
    var isAtEnd: Bool { position >= bytes.count }

    var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    mutating func consume(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    mutating func skipSpaces() {
        while next == UInt8(ascii: " ") { position += 1 }
    }

    mutating func skipOptionalWhitespace() {
        while next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") { position += 1 }
    }

    func error(_ reason: StructuredFieldError.Reason) -> StructuredFieldError {
        StructuredFieldError(reason: reason, offset: position)
    }

    /// The bytes of a range that was already seen to be ASCII.
    func text(from start: Int, to end: Int) throws(StructuredFieldError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.extracting(start..<end)))
        } catch {
            throw StructuredFieldError(reason: .nonASCII, offset: start)
        }
    }
}
