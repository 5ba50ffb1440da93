import OpenSSL

/// Reads the heads of the answers on one upstream connection (RFC 9112), as strictly as requests
/// are read: an upstream that frames its answers in two ways would have ours belong to the wrong
/// request.
///
/// The bytes come as for `RequestHeadParser`. Every failure means 502 and the end of that
/// connection.
package struct ResponseHeadParser: Sendable {
    /// How far a call came.
    package enum Progress: Sendable {
        case needMore
        /// The head, and how many bytes it took.
        case head(ResponseHead, consumed: Int)
    }

    private let limits: HeadLimits
    private var scanner = LineScanner()
    private var entries: [FieldList.Entry] = []
    private var statusLine: StatusLine?
    private var failure: RequestFailure?

    package init(limits: HeadLimits = .response) {
        self.limits = limits
    }

    /// Goes on with the head that begins at the first of `bytes` and answers a request of
    /// `method`.
    package mutating func parse(
        _ bytes: Span<UInt8>, answering method: Method
    ) throws(RequestFailure) -> Progress {
        if let failure { throw failure }
        do {
            return try advance(bytes, method)
        } catch {
            failure = error
            throw error
        }
    }

    private mutating func advance(
        _ bytes: Span<UInt8>, _ method: Method
    ) throws(RequestFailure) -> Progress {
        while true {
            guard
                let line = try scanner.next(
                    in: bytes, lineLimit: statusLine == nil ? limits.startLine : limits.fieldLine,
                    total: limits.total, tooLong: statusLine == nil ? .statusLine : .fieldTooLong)
            else { return .needMore }
            guard let statusLine else {
                statusLine = try StatusLine.parse(bytes, line)
                entries.reserveCapacity(24)
                continue
            }
            if line.isEmpty {
                let head = try finish(bytes, statusLine, method)
                let consumed = scanner.position
                scanner = LineScanner()
                self.statusLine = nil
                return .head(head, consumed: consumed)
            }
            guard entries.count < limits.fields else { throw .tooManyFields }
            entries.append(try FieldLine.parse(bytes, line))
        }
    }

    private mutating func finish(
        _ bytes: Span<UInt8>, _ line: StatusLine, _ method: Method
    ) throws(RequestFailure) -> ResponseHead {
        var entries: [FieldList.Entry] = []
        swap(&entries, &self.entries)
        let framing = try FramingFields(bytes, &entries, version: line.version)
        let body = try Self.framing(framing, status: line.status, method: method)
        let persistence: Persistence
        switch body {
        case .untilClose, .tunnel: persistence = .close
        case .none, .length, .chunked:
            let stays =
                line.version == .http11
                ? !framing.saysClose
                : framing.saysKeepAlive && !framing.saysClose
            persistence = stays ? .keepAlive : .close
        }
        let copy = [UInt8](bytes.extracting(0..<scanner.position))
        return ResponseHead(
            status: line.status, fields: FieldList(bytes: copy, entries: entries), body: body,
            contentLength: framing.contentLength, persistence: persistence)
    }

    /// RFC 9112, section 6.3, in its order; a body where none may be is refused.
    private static func framing(
        _ framing: FramingFields, status: Int, method: Method
    ) throws(RequestFailure) -> ResponseFraming {
        let announcesBody = framing.isChunked || framing.contentLength ?? 0 > 0
        if status == 101 || (method == .connect && (200..<300).contains(status)) {
            if announcesBody { throw .bodyUnexpected }
            return .tunnel
        }
        if status < 200 || status == 204 {
            if announcesBody { throw .bodyUnexpected }
            return .none
        }
        if method == .head || status == 304 { return .none }
        if framing.isChunked { return .chunked }
        return framing.contentLength.map { .length($0) } ?? .untilClose
    }
}

extension ResponseHead {
    /// Whether the body is in a content coding (RFC 9110, section 8.4): the field is a list, which may be
    /// empty, of names that compare without case.
    package var isCoded: Bool {
        fields.values(of: .contentEncoding).contains { value in
            value.split { Self.betweenCodings.contains($0) }.contains { coding in
                !coding.map { Octet.lowered($0) }.elementsEqual("identity".utf8)
            }
        }
    }

    private static let betweenCodings = Array(", \t".utf8)
}
