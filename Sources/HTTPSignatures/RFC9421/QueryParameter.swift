import OpenSSL

/// Values of `@query-param` (RFC 9421 section 2.2.8): parsed as a form, encoded again.
enum QueryParameter {
    /// The encoded value of the one parameter with this encoded name.
    ///
    /// Refuses a name that occurs more than once (two readers could take two values) or not at all,
    /// malformed escapes, and values that are not UTF-8.
    static func value(of name: String, in query: String) throws(SignatureError) -> [UInt8] {
        var found: [UInt8]?
        let wanted = Array(name.utf8)
        for pair in query.utf8.split(separator: UInt8(ascii: "&")) {
            let cut = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            guard try encoded(pair[..<cut]) == wanted else { continue }
            guard found == nil else { throw SignatureError(.ambiguousValue, name) }
            found = try encoded(
                cut < pair.endIndex ? pair[pair.index(after: cut)...] : pair[cut...])
        }
        guard let found else { throw SignatureError(.missingValue, name) }
        return found
    }

    private static func encoded(
        _ text: Substring.UTF8View
    ) throws(SignatureError) -> [UInt8] {
        var decoded: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"):
                decoded.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst()?.hexValue, let low = rest.popFirst()?.hexValue
                else { throw SignatureError(.unusableValue, "@query-param") }
                decoded.append(high << 4 | low)
            case _:
                decoded.append(byte)
            }
        }
        guard String(validating: decoded, as: UTF8.self) != nil else {
            throw SignatureError(.unusableValue, "@query-param")
        }
        var output: [UInt8] = []
        output.reserveCapacity(decoded.count)
        for byte in decoded {
            if isKept(byte) {
                output.append(byte)
            } else {
                output.append(escaped: byte)
            }
        }
        return output
    }

    /// What is outside the form-urlencoded percent-encode set.
    private static func isKept(_ byte: UInt8) -> Bool {
        byte.isLetterOrDigit || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }
}
