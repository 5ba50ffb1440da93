/// The first line of a request (RFC 9112, section 3): method, target and version with exactly one
/// space between them.
struct RequestLine: Sendable {
    let method: Method
    let target: RequestTarget
    let version: HTTPVersion

    /// Refused: HTTP/0.9, versions other than 1.0 and 1.1 (505 when well formed), `http/1.1`, more
    /// than one space, tabs, methods as `Method.parse` says, and CONNECT outside of a forward
    /// proxy (405).
    static func parse(
        _ head: Span<UInt8>, _ line: Range<Int>, role: RequestHeadParser.Role
    ) throws(RequestFailure) -> RequestLine {
        var methodEnd = line.lowerBound
        while methodEnd < line.upperBound, Octet.isToken(head[methodEnd]) { methodEnd += 1 }
        guard methodEnd > line.lowerBound, methodEnd < line.upperBound, head[methodEnd] == 0x20
        else { throw .requestLine }
        var targetEnd = methodEnd + 1
        while targetEnd < line.upperBound, head[targetEnd] != 0x20 { targetEnd += 1 }
        guard targetEnd > methodEnd + 1, targetEnd < line.upperBound else { throw .requestLine }
        let version = try HTTPVersion.parse(head.extracting((targetEnd + 1)..<line.upperBound))
        let method = try Method.parse(head.extracting(line.lowerBound..<methodEnd))
        switch role {
        case .reverseProxy: if method == .connect { throw .methodNotAllowed }
        case .forwardProxy: break
        }
        let target = try RequestTarget.parse(head, (methodEnd + 1)..<targetEnd, method: method)
        return RequestLine(method: method, target: target, version: version)
    }
}

extension HTTPVersion {
    /// `HTTP/1.0` or `HTTP/1.1`, in just these letters.
    static func parse(_ text: Span<UInt8>) throws(RequestFailure) -> HTTPVersion {
        guard text.count == 8, text.extracting(0..<5).equals(prefix), Octet.isDigit(text[5]),
            text[6] == 0x2E, Octet.isDigit(text[7])
        else { throw .versionMalformed }
        guard text[5] == 0x31, text[7] <= 0x31 else { throw .versionUnsupported }
        return text[7] == 0x31 ? .http11 : .http10
    }

    private static let prefix = Array("HTTP/".utf8)
}
