import OpenSSL

/// Reads one field line (RFC 9112, section 5).
enum FieldLine {
    /// The field that stands in `line`.
    ///
    /// Refused: a line that begins with whitespace (an obsolete fold, or whitespace before the
    /// first field), one without a colon, an empty name, a name that is no token (which covers
    /// whitespace before the colon and bytes above 127), and a name that a CGI backend would read
    /// as another one of ours (`fieldNameAlias`). Control characters were refused by the scanner.
    @inline(__always)
    static func parse(
        _ head: Span<UInt8>, _ line: Range<Int>
    ) throws(RequestFailure) -> FieldList.Entry {
        let name: Range<Int>
        let hash: UInt32
        if let plain = plainName(head, line) {
            (name, hash) = plain
        } else {
            (name, hash) = try anyName(head, line)
        }
        let kind = FieldKind.of(head.extracting(name), hash: hash)

        var start = name.upperBound + 1
        var stop = line.upperBound
        while start < stop, head[start] == 0x20 || head[start] == 0x09 { start += 1 }
        while stop > start, head[stop - 1] == 0x20 || head[stop - 1] == 0x09 { stop -= 1 }
        return FieldList.Entry(
            hash: hash, nameStart: UInt32(truncatingIfNeeded: name.lowerBound),
            valueStart: UInt32(truncatingIfNeeded: start),
            nameLength: UInt16(truncatingIfNeeded: name.count),
            valueLength: UInt16(truncatingIfNeeded: stop - start), kind: kind)
    }

    /// The name before the colon, where it is made of letters, digits and hyphens, eight bytes at
    /// once; nil where it is to be looked at closer.
    @inline(__always)
    private static func plainName(
        _ head: Span<UInt8>, _ line: Range<Int>
    ) -> (Range<Int>, UInt32)? {
        var hash = FieldName.Hash()
        var index = line.lowerBound
        // What is read behind the line's end is no plain character: CR, or nothing.
        while index + 8 <= head.count {
            let word = head.word(at: index)
            let count = Octet.plainCount(word)
            hash.add(word, count: count)
            index += count
            if count == 8 { continue }
            guard index > line.lowerBound, index < line.upperBound, head[index] == 0x3A else {
                return nil
            }
            return (line.lowerBound..<index, hash.value)
        }
        return nil
    }

    private static func anyName(
        _ head: Span<UInt8>, _ line: Range<Int>
    ) throws(RequestFailure) -> (Range<Int>, UInt32) {
        var index = line.lowerBound
        var folds = false
        while index < line.upperBound, Octet.isToken(head[index]) {
            let byte = head[index]
            folds = folds || !(Octet.isLetter(byte) || Octet.isDigit(byte) || byte == 0x2D)
            index += 1
        }
        guard index < line.upperBound, index > line.lowerBound, head[index] == 0x3A else {
            let first = head[line.lowerBound]
            throw first == 0x20 || first == 0x09 ? .fieldFolded : .fieldName
        }
        let name = line.lowerBound..<index
        let bytes = head.extracting(name)
        if folds, FieldKind.aliased(bytes) { throw .fieldNameAlias }
        return (name, FieldName.hash(bytes))
    }
}
