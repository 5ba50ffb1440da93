import OpenSSL

/// Finds the lines of a head, from left to right, once: what has been looked at is not looked at
/// again when more bytes come.
///
/// A line ends with CR LF and with nothing else (RFC 9112, section 2.2, without its leniency):
/// refused are a lone LF, a CR that no LF follows, and every control character but HTAB, at the
/// byte where it stands, so that the outcome does not depend on how the bytes were cut.
struct LineScanner: Sendable {
    private(set) var position = 0
    private var lineStart = 0
    private var followsReturn = false

    /// The next whole line without its end, or nil when more bytes are needed.
    ///
    /// - Parameters:
    ///   - lineLimit: how long the line may be.
    ///   - total: how many bytes may be consumed in all.
    ///   - tooLong: thrown when the line is longer; `headTooLarge` when `total` is reached first.
    mutating func next(
        in bytes: Span<UInt8>, lineLimit: Int, total: Int, tooLong: RequestFailure
    ) throws(RequestFailure) -> Range<Int>? {
        // The two bytes of the line's end do not count for the line, but do for the total.
        let lineBound = lineStart + lineLimit + 2
        let bound = min(lineBound, total)
        let end = min(bytes.count, bound)
        var index = position
        while index < end {
            if followsReturn {
                guard bytes[index] == 0x0A else { throw .bareCarriageReturn }
                followsReturn = false
                position = index + 1
                let line = lineStart..<(index - 1)
                lineStart = position
                return line
            }
            index = bytes.firstControl(in: index..<end)
            guard index < end else { break }
            switch bytes[index] {
            case 0x09: break
            case 0x0D: followsReturn = true
            case 0x0A: throw .bareLineFeed
            default: throw .controlCharacter
            }
            index += 1
        }
        position = index
        if index == bound { throw bound == lineBound ? tooLong : .headTooLarge }
        return nil
    }
}
