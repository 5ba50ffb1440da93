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
        var index = line.lowerBound
        let end = line.upperBound
        var hash = FieldName.hashSeed
        var folds = false
        while index < end {
            let byte = head[index]
            guard Octet.isToken(byte) else { break }
            folds = folds || byte == 0x5F || byte == 0x2E
            hash = FieldName.hashStep(hash, byte)
            index += 1
        }
        guard index < end, index > line.lowerBound, head[index] == 0x3A else {
            let first = head[line.lowerBound]
            throw first == 0x20 || first == 0x09 ? .fieldFolded : .fieldName
        }
        let name = line.lowerBound..<index
        let kind = FieldKind.of(head.extracting(name), hash: hash)
        if folds, FieldKind.aliased(head.extracting(name)) { throw .fieldNameAlias }

        var start = index + 1
        var stop = end
        while start < stop, head[start] == 0x20 || head[start] == 0x09 { start += 1 }
        while stop > start, head[stop - 1] == 0x20 || head[stop - 1] == 0x09 { stop -= 1 }
        return FieldList.Entry(
            hash: hash, nameStart: UInt32(truncatingIfNeeded: name.lowerBound),
            valueStart: UInt32(truncatingIfNeeded: start),
            nameLength: UInt16(truncatingIfNeeded: name.count),
            valueLength: UInt16(truncatingIfNeeded: stop - start), kind: kind)
    }
}
