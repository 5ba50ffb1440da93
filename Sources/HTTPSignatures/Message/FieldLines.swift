import OpenSSL

/// The field lines of a message in the order of the wire, as places in the bytes that hold them.
///
/// Of a message that came in nothing is copied: of a dozen lines a signature covers a few.
package struct FieldLines: Sendable {
    private let bytes: [UInt8]
    private var lines: [Line] = []

    private struct Line: Sendable {
        let name: Range<Int>
        let value: Range<Int>
    }

    /// No lines; those that are added lie in these bytes.
    package init(in bytes: [UInt8], reserving count: Int) {
        self.bytes = bytes
        lines.reserveCapacity(count)
    }

    /// Adds the line whose name, in any case of letters, and value lie there.
    package mutating func add(name: Range<Int>, value: Range<Int>) {
        lines.append(Line(name: name, value: value))
    }

    /// Lines that lie nowhere yet.
    init(_ fields: [SignedMessage.Field]) {
        var bytes: [UInt8] = []
        for field in fields {
            bytes.append(utf8: field.name)
            bytes.append(copying: field.value.span)
        }
        self.init(in: bytes, reserving: fields.count)
        var start = 0
        for field in fields {
            let end = start + field.name.utf8.count
            add(name: start..<end, value: end..<(end + field.value.count))
            start = end + field.value.count
        }
    }

    /// The lines, each with a name and a value of its own.
    var fields: [SignedMessage.Field] {
        lines.map { line in
            let name = bytes[line.name].map(\.asciiLowercased)
            return SignedMessage.Field(
                String(decoding: name, as: UTF8.self), Array(bytes[line.value]))
        }
    }

    /// The first line of a name, from one on; nil when there is no other. `name` in lower case.
    func index(of name: String, from start: Int = 0) -> Int? {
        let name = name.utf8.span
        var index = start
        while index < lines.count {
            if isNamed(lines[index], name) { return index }
            index += 1
        }
        return nil
    }

    /// The value of a line, without spaces and tabs at either end.
    func value(at index: Int) -> ArraySlice<UInt8> {
        var place = lines[index].value
        while let first = place.first, bytes[first].isOptionalSpace {
            place = (first + 1)..<place.upperBound
        }
        while let last = place.last, bytes[last].isOptionalSpace { place = place.lowerBound..<last }
        return bytes[place]
    }

    /// How many lines a field has. `name` in lower case.
    func count(of name: String) -> Int {
        var count = 0
        var next = index(of: name)
        while let line = next {
            count += 1
            next = index(of: name, from: line + 1)
        }
        return count
    }

    /// The lines of a field, trimmed and joined with `, ` (RFC 9110 section 5.3); nil when there
    /// is none. `name` in lower case.
    func combined(_ name: String) -> [UInt8]? {
        guard let first = index(of: name) else { return nil }
        var combined = Array(value(at: first))
        var next = index(of: name, from: first + 1)
        while let line = next {
            combined.append(UInt8(ascii: ","))
            combined.append(UInt8(ascii: " "))
            combined.append(contentsOf: value(at: line))
            next = index(of: name, from: line + 1)
        }
        return combined
    }

    private func isNamed(_ line: Line, _ name: Span<UInt8>) -> Bool {
        guard line.name.count == name.count else { return false }
        let start = line.name.lowerBound
        for place in name.indices where bytes[start + place].asciiLowercased != name[place] {
            return false
        }
        return true
    }
}

extension UInt8 {
    /// What may surround a field's value (RFC 9110 section 5.6.3).
    fileprivate var isOptionalSpace: Bool { self == 0x20 || self == 0x09 }
}
