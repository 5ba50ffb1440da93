import HTTP2

extension FieldBlock {
    /// The head of an answer that was written for HTTP/1, as the fields of HTTP/2 (RFC 9113, section
    /// 8.3.2): `:status` for the first line, the names in lower case. `head` is ours: what a
    /// `HeadWriter` has finished.
    init(_ head: [UInt8]) {
        self.init()
        var line = head.startIndex
        while line < head.endIndex, let end = head[line...].firstIndex(of: 0x0D), end > line {
            if line == head.startIndex {
                // `HTTP/1.1 200 OK`
                add(":status".utf8, head[9..<12])
            } else if let colon = head[line..<end].firstIndex(of: 0x3A) {
                let value = head[(colon + 1)..<end].drop { $0 == 0x20 }
                add(head[line..<colon].lazy.map { Octet.lowered($0) }, value)
            }
            line = end + 2
        }
    }
}
