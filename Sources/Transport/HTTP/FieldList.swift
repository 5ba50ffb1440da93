/// The fields of a message in wire order: offsets over the one buffer that holds the head.
///
/// Nothing is turned into text until it is asked for. Values are without surrounding whitespace
/// and hold no control character but HTAB (RFC 9110, section 5.5); bytes above 127 may occur.
package struct FieldList: Sendable {
    /// The bytes of the head, from its first line on.
    package let bytes: [UInt8]
    let entries: [Entry]

    /// Where one field lies in the head.
    struct Entry: Sendable {
        var hash: UInt32
        var nameStart: UInt32
        var valueStart: UInt32
        var nameLength: UInt16
        var valueLength: UInt16
        var kind: FieldKind
        /// Named by a `Connection` field, so it ends here.
        var isNominated = false

        var name: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameLength) }
        var value: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueLength) }
    }

    /// How many field lines there are.
    package var count: Int { entries.count }

    /// How many lines carry `name`.
    package func count(of name: FieldName) -> Int {
        var count = 0
        for entry in entries where matches(entry, name) { count += 1 }
        return count
    }

    /// Whether some line carries the name.
    package func contains(_ name: FieldName) -> Bool { first(name) != nil }

    /// The value of the first line that carries `name`, without a copy; nil when there is none.
    package func first(_ name: FieldName) -> ArraySlice<UInt8>? {
        for entry in entries where matches(entry, name) { return bytes[entry.value] }
        return nil
    }

    /// The value of the only line that carries `name`; nil when there is none or several.
    ///
    /// For fields that are not lists: of two values no one can say which the backend takes.
    package func only(_ name: FieldName) -> ArraySlice<UInt8>? {
        var found: ArraySlice<UInt8>?
        for entry in entries where matches(entry, name) {
            if found != nil { return nil }
            found = bytes[entry.value]
        }
        return found
    }

    /// The values of all lines that carry `name`, in wire order.
    package func values(of name: FieldName) -> [ArraySlice<UInt8>] {
        entries.compactMap { matches($0, name) ? bytes[$0.value] : nil }
    }

    /// `only` as text; nil also when the value holds a byte outside of visible ASCII, SP and HTAB.
    package func text(_ name: FieldName) -> String? {
        guard let value = only(name), value.allSatisfy({ $0 < 0x80 }) else { return nil }
        return String(decoding: value, as: UTF8.self)
    }

    /// Every field in wire order: the name in lower case, the value as it came.
    package func forEach(_ body: (_ name: String, _ value: ArraySlice<UInt8>) throws -> Void)
        rethrows
    {
        for index in entries.indices { try body(name(at: index), bytes[entries[index].value]) }
    }

    /// Where in ``bytes`` every field lies, in wire order.
    package func forEachPlace(_ body: (_ name: Range<Int>, _ value: Range<Int>) -> Void) {
        for entry in entries { body(entry.name, entry.value) }
    }

    /// The name of the field at `index`, in lower case.
    package func name(at index: Int) -> String {
        String(decoding: bytes[entries[index].name].map { Octet.lowered($0) }, as: UTF8.self)
    }

    /// The whole line of a field, its end included, when it is written as we would write it: a
    /// colon, one space, the value and no more.
    func plainLine(_ entry: Entry) -> Range<Int>? {
        let name = entry.name
        let value = entry.value
        guard value.lowerBound == name.upperBound + 2, bytes[name.upperBound + 1] == 0x20,
            bytes[value.upperBound] == 0x0D
        else { return nil }
        return name.lowerBound..<(value.upperBound + 2)
    }

    @inline(__always)
    func matches(_ entry: Entry, _ name: FieldName) -> Bool {
        entry.hash == name.nameHash && Int(entry.nameLength) == name.bytes.count
            && bytes.span.extracting(entry.name).equalsIgnoringCase(name.bytes)
    }
}
