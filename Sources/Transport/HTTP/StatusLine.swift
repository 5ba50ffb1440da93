/// The first line of an answer (RFC 9112, section 4).
struct StatusLine: Sendable {
    let version: HTTPVersion
    let status: Int

    /// Refused: other versions than 1.0 and 1.1, a status that is not three digits from 100 to
    /// 599, anything but one space in between. The space before an empty reason may be missing.
    static func parse(
        _ head: Span<UInt8>, _ line: Range<Int>
    ) throws(RequestFailure) -> StatusLine {
        let start = line.lowerBound
        guard line.count >= 12, head[start + 8] == 0x20 else { throw .statusLine }
        let version = try HTTPVersion.parse(head.extracting(start..<(start + 8)))
        var status = 0
        for index in (start + 9)..<(start + 12) {
            guard Octet.isDigit(head[index]) else { throw .statusLine }
            status = status * 10 + Int(head[index] & 0x0F)
        }
        guard status >= 100, status < 600 else { throw .statusLine }
        guard line.count == 12 || head[start + 12] == 0x20 else { throw .statusLine }
        return StatusLine(version: version, status: status)
    }
}
