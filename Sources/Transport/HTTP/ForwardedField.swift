/// The `Forwarded` field (RFC 7239), as far as it tells whom a request comes from.
enum ForwardedField {
    /// Who a `for` parameter names.
    enum Node: Sendable, Equatable {
        case address(IPAddress)
        /// `unknown`, an obfuscated name, or no `for` at all.
        case unknown
    }

    /// What the elements of all lines say, in their order.
    ///
    /// Refused (`forwarded_for`): everything outside the grammar of section 4, whitespace around
    /// `;` and `=` too, a parameter that stands twice in an element, and a node that is neither
    /// an address nor one of the names of section 6.
    static func nodes(of lines: [ArraySlice<UInt8>]) throws(RequestFailure) -> [Node] {
        var nodes: [Node] = []
        for line in lines {
            var cursor = Cursor(rest: line)
            repeat {
                cursor.skipSpace()
                // An empty list member means nothing (RFC 9110, section 5.6.1).
                if cursor.rest.isEmpty || cursor.rest.first == 0x2C { continue }
                nodes.append(try element(&cursor))
                cursor.skipSpace()
                guard cursor.rest.isEmpty || cursor.rest.first == 0x2C else {
                    throw .forwardedFor
                }
            } while cursor.take(0x2C)
        }
        return nodes
    }

    /// `192.0.2.1`, `[2001:db8::1]`, `unknown` or `_name`, each with or without a port.
    static func node(_ text: ArraySlice<UInt8>) throws(RequestFailure) -> Node {
        let nameEnd =
            text.first == 0x5B
            ? text.firstIndex(of: 0x5D).map { $0 + 1 } ?? text.endIndex
            : text.firstIndex(of: 0x3A) ?? text.endIndex
        let name = text[..<nameEnd]
        guard isPort(text[nameEnd...]) else { throw .forwardedFor }
        if name.map({ Octet.lowered($0) }) == Array("unknown".utf8) { return .unknown }
        if name.first == 0x5F, name.count > 1, name.allSatisfy(isObfuscated) { return .unknown }
        let isBracketed = name.first == 0x5B && name.last == 0x5D
        let inner = isBracketed ? name.dropFirst().dropLast() : name
        switch IPAddress(String(decoding: inner, as: UTF8.self)) {
        case .v4(let address) where !isBracketed: return .address(.v4(address))
        case .v6(let upper, let lower) where isBracketed:
            return .address(IPAddress.v6(upper, lower).unmapped)
        case .v4, .v6, nil: throw .forwardedFor
        }
    }

    private static func element(_ cursor: inout Cursor) throws(RequestFailure) -> Node {
        var node = Node.unknown
        var seen: Set<[UInt8]> = []
        repeat {
            // A parameter may be left out, the semicolons stay.
            if [nil, 0x3B, 0x2C].contains(cursor.rest.first) { continue }
            let name = cursor.token().map { Octet.lowered($0) }
            guard !name.isEmpty, cursor.take(0x3D), seen.insert(name).inserted else {
                throw .forwardedFor
            }
            let value = cursor.rest.first == 0x22 ? try cursor.quoted() : cursor.token()[...]
            guard !value.isEmpty else { throw .forwardedFor }
            if name == Array("for".utf8) { node = try self.node(value) }
        } while cursor.take(0x3B)
        return node
    }

    /// Nothing, or a colon and one to five digits or an obfuscated port (section 6).
    private static func isPort(_ text: ArraySlice<UInt8>) -> Bool {
        guard let colon = text.first else { return true }
        let port = text.dropFirst()
        guard colon == 0x3A, let first = port.first else { return false }
        if first == 0x5F { return port.count > 1 && port.allSatisfy(isObfuscated) }
        return port.count <= 5 && port.allSatisfy(Octet.isDigit)
    }

    private static func isObfuscated(_ byte: UInt8) -> Bool {
        Octet.isLetter(byte) || Octet.isDigit(byte) || byte == 0x2E || byte == 0x5F || byte == 0x2D
    }

    /// A place in a line.
    private struct Cursor {
        var rest: ArraySlice<UInt8>

        mutating func skipSpace() {
            while let byte = rest.first, byte == 0x20 || byte == 0x09 { rest.removeFirst() }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard rest.first == byte else { return false }
            rest.removeFirst()
            return true
        }

        mutating func token() -> [UInt8] {
            let token = rest.prefix { Octet.isToken($0) }
            rest.removeFirst(token.count)
            return Array(token)
        }

        /// A quoted string without its quotes and escapes (RFC 9110, section 5.6.4).
        mutating func quoted() throws(RequestFailure) -> ArraySlice<UInt8> {
            rest.removeFirst()
            var value: [UInt8] = []
            while let byte = rest.popFirst() {
                if byte == 0x22 { return value[...] }
                guard byte == 0x5C else {
                    value.append(byte)
                    continue
                }
                guard let escaped = rest.popFirst() else { throw .forwardedFor }
                value.append(escaped)
            }
            throw .forwardedFor
        }
    }
}
