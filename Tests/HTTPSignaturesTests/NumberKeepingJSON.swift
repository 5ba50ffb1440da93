/// JSON of the vectors, read so that `1` and `1.0` stay two things, which Foundation's reader
/// merges. Trusts its input.
enum NumberKeepingJSON {
    case null
    case boolean(Bool)
    case integer(Int)
    case decimal(Double)
    case string(String)
    case array([NumberKeepingJSON])
    case object([String: NumberKeepingJSON])

    init(_ bytes: [UInt8]) throws {
        var reader = Reader(bytes: bytes)
        self = try reader.value()
    }

    subscript(key: String) -> NumberKeepingJSON? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }

    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var array: [NumberKeepingJSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    var isTrue: Bool {
        guard case .boolean(true) = self else { return false }
        return true
    }

    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func value() throws -> NumberKeepingJSON {
            skip()
            switch bytes[position] {
            case UInt8(ascii: "{"):
                var members: [String: NumberKeepingJSON] = [:]
                try elements(until: "}") { reader in
                    let key = try reader.text()
                    reader.skip()
                    reader.position += 1
                    members[key] = try reader.value()
                }
                return .object(members)
            case UInt8(ascii: "["):
                var list: [NumberKeepingJSON] = []
                try elements(until: "]") { list.append(try $0.value()) }
                return .array(list)
            case UInt8(ascii: "\""): return .string(try text())
            case _: return try word()
            }
        }

        private mutating func elements(
            until end: Unicode.Scalar, _ read: (inout Reader) throws -> Void
        ) throws {
            position += 1
            skip()
            while bytes[position] != UInt8(ascii: end) {
                try read(&self)
                skip()
                if bytes[position] == UInt8(ascii: ",") { position += 1 }
                skip()
            }
            position += 1
        }

        private mutating func word() throws -> NumberKeepingJSON {
            let start = position
            while position < bytes.count, !", ]}\n\r\t".utf8.contains(bytes[position]) {
                position += 1
            }
            let word = String(decoding: bytes[start..<position], as: UTF8.self)
            switch word {
            case "true": return .boolean(true)
            case "false": return .boolean(false)
            case "null": return .null
            case _:
                if let integer = Int(word) { return .integer(integer) }
                return .decimal(try Double(word).orMissing(word))
            }
        }

        private mutating func text() throws -> String {
            position += 1
            var units: [UInt16] = []
            var output = ""
            func flushed() -> String { String(decoding: units, as: UTF16.self) }
            while bytes[position] != UInt8(ascii: "\"") {
                if bytes[position] == UInt8(ascii: "\\") {
                    let escape = bytes[position + 1]
                    position += 2
                    switch escape {
                    case UInt8(ascii: "u"):
                        let digits = String(
                            decoding: bytes[position..<position + 4], as: UTF8.self)
                        units.append(try UInt16(digits, radix: 16).orMissing(digits))
                        position += 4
                        continue
                    case UInt8(ascii: "n"): units.append(10)
                    case UInt8(ascii: "t"): units.append(9)
                    case UInt8(ascii: "r"): units.append(13)
                    case UInt8(ascii: "b"): units.append(8)
                    case UInt8(ascii: "f"): units.append(12)
                    case _: units.append(UInt16(escape))
                    }
                    continue
                }
                let start = position
                while bytes[position] != UInt8(ascii: "\""), bytes[position] != UInt8(ascii: "\\") {
                    position += 1
                }
                units.append(
                    contentsOf: String(decoding: bytes[start..<position], as: UTF8.self).utf16)
            }
            position += 1
            output = flushed()
            return output
        }

        private mutating func skip() {
            while position < bytes.count, " \n\r\t".utf8.contains(bytes[position]) { position += 1 }
        }
    }
}
