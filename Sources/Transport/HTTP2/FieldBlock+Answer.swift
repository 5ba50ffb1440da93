import HTTP2
import OpenSSL

extension FieldBlock {
    /// The head of an answer that was written for HTTP/1, as the fields of HTTP/2 (RFC 9113, section
    /// 8.3.2): `:status` for the first line, the names in lower case. `head` is ours: what a
    /// `HeadWriter` has finished. Its bytes are used where they lie.
    init(_ head: consuming [UInt8]) {
        let end = head.count
        head.append(contentsOf: Self.status)
        var bytes = head.mutableSpan
        // `HTTP/1.1 200 OK`
        var fields = [Field(name: end..<(end + Self.status.count), value: 9..<12)]
        fields.reserveCapacity(16)
        var line = Self.lineEnd(bytes.span, 0, end) + 2
        while line < end {
            let stop = Self.lineEnd(bytes.span, line, end)
            var colon = line
            while colon < stop, bytes[colon] != 0x3A {
                bytes[colon] = Octet.lowered(bytes[colon])
                colon += 1
            }
            guard colon < stop else { break }
            var value = colon + 1
            while value < stop, bytes[value] == 0x20 { value += 1 }
            fields.append(Field(name: line..<colon, value: value..<stop))
            line = stop + 2
        }
        self.init(fields, in: head)
    }

    /// Where the line ends that begins at `start`.
    private static func lineEnd(_ head: Span<UInt8>, _ start: Int, _ end: Int) -> Int {
        var index = start
        while index < end {
            index = head.firstControl(in: index..<end)
            if index < end, head[index] != 0x09 { break }
            index += 1
        }
        return min(index, end)
    }

    private static let status = Array(":status".utf8)
}
