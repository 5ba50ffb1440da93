/// What a `Range` field asks for (RFC 9110, section 14.2), as far as a gateway must know.
package enum RangeField: Sendable, Equatable {
    /// One range of bytes: harmless, to be passed on.
    case single
    /// Several ranges, another unit, or malformed. The field may be ignored (section 14.2), and
    /// is to be left out: many small or overlapping ranges cost a backend dearly.
    case ignorable

    /// Judges the value of the only `Range` line.
    package init(_ value: ArraySlice<UInt8>) {
        let prefix = Array("bytes=".utf8)
        let range = value.dropFirst(prefix.count)
        guard value.prefix(prefix.count).map({ Octet.lowered($0) }) == prefix,
            let dash = range.firstIndex(of: 0x2D)
        else {
            self = .ignorable
            return
        }
        let first = range[..<dash]
        let last = range[(dash + 1)...]
        let isPlain =
            first.allSatisfy(Octet.isDigit) && last.allSatisfy(Octet.isDigit)
            && first.count <= 19 && last.count <= 19 && !(first.isEmpty && last.isEmpty)
        self = isPlain ? .single : .ignorable
    }
}
