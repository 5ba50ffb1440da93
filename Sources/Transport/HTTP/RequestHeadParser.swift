import OpenSSL

/// Reads the heads of the requests on one connection, one after the other (RFC 9112).
///
/// The bytes come as they arrive: every call gets the head from its first byte on, as far as it is
/// there, and what was scanned before is not scanned again. The result does not depend on how the
/// bytes were cut. After an error the parser gives that error for ever.
package struct RequestHeadParser: Sendable {
    /// How far a call came.
    package enum Progress: Sendable {
        /// The head is not whole yet.
        case needMore
        /// The head, and how many bytes it took; the next call gets the bytes after them.
        case head(RequestHead, consumed: Int)
    }

    /// On whose behalf requests are taken, which decides the forms of target.
    package enum Role: Sendable {
        /// In front of a server: CONNECT is refused.
        case reverseProxy
        /// A client's chosen proxy: CONNECT and absolute targets are its business.
        case forwardProxy
    }

    private let limits: HeadLimits
    private let role: Role
    private var scanner = LineScanner()
    private var entries: [FieldList.Entry] = []
    private var requestLine: RequestLine?
    private var failure: RequestFailure?
    private var knownHost = KnownHost()

    package init(limits: HeadLimits = .request, role: Role = .reverseProxy) {
        self.limits = limits
        self.role = role
    }

    /// Whether some bytes of a head have come, but not all of them.
    package var isInsideHead: Bool { scanner.position > 0 }

    /// Goes on with the head that begins at the first of `bytes`.
    package mutating func parse(_ bytes: Span<UInt8>) throws(RequestFailure) -> Progress {
        if let failure { throw failure }
        do {
            return try advance(bytes)
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func advance(_ bytes: Span<UInt8>) throws(RequestFailure) -> Progress {
        while true {
            if let requestLine {
                guard
                    let line = try scanner.next(
                        in: bytes, lineLimit: limits.fieldLine, total: limits.total,
                        tooLong: .fieldTooLong)
                else { return .needMore }
                if line.isEmpty {
                    let head = try finish(bytes, requestLine)
                    let consumed = scanner.position
                    scanner = LineScanner()
                    self.requestLine = nil
                    return .head(head, consumed: consumed)
                }
                guard entries.count < limits.fields else { throw .tooManyFields }
                entries.append(try FieldLine.parse(bytes, line))
            } else {
                guard
                    let line = try scanner.next(
                        in: bytes, lineLimit: limits.startLine, total: limits.total,
                        tooLong: .requestLineTooLong)
                else { return .needMore }
                // One empty line before the first is forgiven (RFC 9112, section 2.2).
                if line == 0..<0 { continue }
                requestLine = try RequestLine.parse(bytes, line, role: role)
                entries.reserveCapacity(24)
            }
        }
    }

    private mutating func finish(
        _ bytes: Span<UInt8>, _ line: RequestLine
    ) throws(RequestFailure) -> RequestHead {
        var entries: [FieldList.Entry] = []
        swap(&entries, &self.entries)
        let framing = try FramingFields(
            bytes, &entries, version: line.version, method: line.method)
        let authority = try judgeHost(bytes, framing.host, line)
        let body: BodyFraming
        if framing.isChunked {
            body = .chunked
        } else if let length = framing.contentLength {
            body = .length(length)
        } else {
            body = .none
        }
        if line.method == .connect, body != .none { throw .bodyUnexpected }
        let copy = [UInt8](bytes.extracting(0..<scanner.position))
        return RequestHead(
            method: line.method, target: line.target, version: line.version,
            fields: FieldList(bytes: copy, entries: entries), body: body,
            persistence: line.version == .http11 && !framing.saysClose ? .keepAlive : .close,
            expectation: framing.expectation, authority: authority)
    }

    /// The one host that the request is for (RFC 9112, section 3.2).
    private mutating func judgeHost(
        _ bytes: Span<UInt8>, _ host: Range<Int>?, _ line: RequestLine
    ) throws(RequestFailure) -> Authority? {
        var named: Authority?
        if let host {
            named = try knownHost.authority(bytes.extracting(host))
        } else if line.version == .http11 {
            throw .hostMissing
        }
        let scheme: Scheme
        switch line.target.form {
        case .origin, .asterisk: return named
        case .absolute(let written): scheme = written
        case .authority: scheme = .https
        }
        let targeted: Authority
        do {
            targeted = try Authority(bytes.extracting(line.target.authority))
        } catch {
            throw .target
        }
        if line.target.form == .authority, targeted.port == nil { throw .target }
        if let named, named.normalized(for: scheme) != targeted.normalized(for: scheme) {
            throw .hostMismatch
        }
        return targeted
    }
}
