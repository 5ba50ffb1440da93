package import HTTP2
import OpenSSL

/// Reads the fields of a request of HTTP/2 (RFC 9113, section 8.3) into the head that HTTP/1 has: the
/// same rules for methods, targets, hosts and fields, by the same code.
///
/// The head is written anew as lines, from what was taken apart; nothing of one field can become
/// another. nghttp2 has refused already what breaks section 8; what is said of it here is said again,
/// so that no request rests on one reader. Refused beyond that: CONNECT, `Host` and `:authority` that
/// differ, everything that `FieldLine`, `FramingFields`, `RequestTarget` and `Method` refuse, and heads
/// beyond the limits.
package struct HTTP2RequestReader {
    private let limits: HeadLimits
    private var knownHost = KnownHost()

    package init(limits: HeadLimits) { self.limits = limits }

    /// `isWhole`: no body follows.
    package mutating func read(
        _ block: FieldBlock, isWhole: Bool
    ) throws(RequestFailure) -> RequestHead {
        if block.isTooLarge { throw .headTooLarge }
        let named = try PseudoFields(block)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(block.bytes.count + 4 * block.fields.count + 64)
        let (method, target) = try start(&bytes, block, named)
        var entries: [FieldList.Entry] = []
        entries.reserveCapacity(block.fields.count)

        var host: Range<Int>?
        var cookies: [UInt8]?
        if let authority = named.authority {
            try append(
                Self.host[...], block.bytes[authority], &bytes, &entries, limit: limits.fieldLine)
        }
        for field in block.fields[named.count...] {
            if block.names(field, Self.host), named.authority != nil {
                guard host == nil else { throw .hostRepeated }
                host = field.value
            } else if block.names(field, Self.cookie) {
                // One line again, as section 8.2.3 asks for. A client has kept to the limit of a line
                // with each of its crumbs.
                let crumb = Self.cookie.count + 2 + field.value.count
                guard crumb <= limits.fieldLine else { throw .fieldTooLong }
                if cookies == nil {
                    cookies = []
                } else {
                    cookies?.append(contentsOf: Self.semicolon)
                }
                cookies?.append(contentsOf: block.value(field))
            } else {
                try append(
                    block.name(field), block.value(field), &bytes, &entries,
                    limit: limits.fieldLine)
            }
        }
        if let cookies {
            try append(Self.cookie[...], cookies[...], &bytes, &entries, limit: .max)
        }
        guard entries.count <= limits.fields else { throw .tooManyFields }
        bytes.append(0x0D)
        bytes.append(0x0A)
        guard bytes.count <= limits.total else { throw .headTooLarge }

        let framing = try FramingFields(
            bytes.span, &entries, version: .http2, method: method)
        let authority = try judgeHost(
            bytes, framing.host, other: host.map { block.bytes[$0] })
        return RequestHead(
            method: method, target: target, version: .http2,
            fields: FieldList(bytes: bytes, entries: entries),
            body: try Self.body(framing.contentLength, isWhole: isWhole),
            persistence: .keepAlive, expectation: framing.expectation, authority: authority)
    }

    /// The line that a request of HTTP/1 would begin with.
    private func start(
        _ bytes: inout [UInt8], _ block: FieldBlock, _ named: PseudoFields
    ) throws(RequestFailure) -> (Method, RequestTarget) {
        guard named.method.count + named.path.count <= limits.startLine else {
            throw .requestLineTooLong
        }
        let method = try Method.parse(block.bytes.span.extracting(named.method))
        bytes.append(contentsOf: block.bytes[named.method])
        bytes.append(0x20)
        let whole = bytes.count..<(bytes.count + named.path.count)
        bytes.append(contentsOf: block.bytes[named.path])
        bytes.append(contentsOf: Self.lineEnd)
        let target = try RequestTarget.parse(bytes.span, whole, method: method)
        switch target.form {
        case .origin, .asterisk: return (method, target)
        case .absolute, .authority: throw .target
        }
    }

    /// Writes a field as a line, and reads it again as one: both must be the same.
    ///
    /// - Parameter limit: of the bytes of the line.
    private func append(
        _ name: ArraySlice<UInt8>, _ value: ArraySlice<UInt8>, _ bytes: inout [UInt8],
        _ entries: inout [FieldList.Entry], limit: Int
    ) throws(RequestFailure) {
        let start = bytes.count
        bytes.append(contentsOf: name)
        let nameEnd = bytes.count
        bytes.append(0x3A)
        bytes.append(0x20)
        bytes.append(contentsOf: value)
        let line = start..<bytes.count
        guard line.count <= limit else { throw .fieldTooLong }
        for index in start..<nameEnd where bytes[index] &- 0x41 < 26 { throw .fieldName }
        try Self.check(bytes.span, nameEnd..<line.upperBound)
        let entry = try FieldLine.parse(bytes.span, line)
        guard entry.name == start..<nameEnd, entry.value == (nameEnd + 2)..<line.upperBound,
            Self.isAllowed(entry, bytes)
        else { throw .http2Message }
        bytes.append(0x0D)
        bytes.append(0x0A)
        entries.append(entry)
    }

    /// No control character but HTAB.
    private static func check(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(RequestFailure) {
        var index = bytes.firstControl(in: range)
        while index < range.upperBound {
            guard bytes[index] == 0x09 else { throw .controlCharacter }
            index = bytes.firstControl(in: (index + 1)..<range.upperBound)
        }
    }

    /// Fields that belong to one connection have no place here, but for `te: trailers` (RFC 9113,
    /// section 8.2.2).
    private static func isAllowed(_ entry: FieldList.Entry, _ bytes: [UInt8]) -> Bool {
        switch entry.kind {
        case .connection, .transferEncoding: return false
        case .hopByHop:
            let name = bytes.span.extracting(entry.name)
            if name.equals(te) { return bytes.span.extracting(entry.value).equals(trailers) }
            for other in ofConnection where name.equals(other) { return false }
            return true
        case .plain, .protected, .reserved, .host, .contentLength, .expect: return true
        }
    }

    private mutating func judgeHost(
        _ bytes: [UInt8], _ range: Range<Int>?, other: ArraySlice<UInt8>?
    ) throws(RequestFailure) -> Authority {
        guard let range else { throw .hostMissing }
        let authority = try knownHost.authority(bytes.span.extracting(range))
        if let other, !other.elementsEqual(bytes[range]) {
            let second: Authority
            do { second = try Authority(other.span) } catch { throw .hostMalformed }
            guard second.normalized(for: .https) == authority.normalized(for: .https) else {
                throw .hostMismatch
            }
        }
        return authority
    }

    private static func body(
        _ length: Int?, isWhole: Bool
    ) throws(RequestFailure) -> BodyFraming {
        switch (length, isWhole) {
        case (nil, true): return .none
        case (nil, false): return .chunked
        case (0?, true): return .length(0)
        case (let length?, false): return .length(length)
        case (_?, true): throw .contentLength
        }
    }

    private static let host = Array("host".utf8)
    private static let cookie = Array("cookie".utf8)
    private static let semicolon = Array("; ".utf8)
    private static let te = Array("te".utf8)
    private static let trailers = Array("trailers".utf8)
    private static let lineEnd = Array(" HTTP/2\r\n".utf8)
    private static let ofConnection = ["keep-alive", "proxy-connection", "upgrade"].map {
        Array($0.utf8)
    }
}

/// The pseudo-fields of a request, each once and before all others (RFC 9113, section 8.3).
private struct PseudoFields {
    let method: Range<Int>
    let path: Range<Int>
    let authority: Range<Int>?
    /// How many fields they are.
    let count: Int

    init(_ block: FieldBlock) throws(RequestFailure) {
        var method: Range<Int>?
        var path: Range<Int>?
        var scheme: Range<Int>?
        var authority: Range<Int>?
        var count = 0
        for field in block.fields {
            guard !field.name.isEmpty, block.bytes[field.name.lowerBound] == 0x3A else { break }
            let isNew =
                if block.names(field, Self.method) {
                    Self.fill(&method, field)
                } else if block.names(field, Self.path) {
                    Self.fill(&path, field)
                } else if block.names(field, Self.scheme) {
                    Self.fill(&scheme, field)
                } else if block.names(field, Self.authority) {
                    Self.fill(&authority, field)
                } else {
                    false
                }
            guard isNew else { throw .http2Message }
            count += 1
        }
        // CONNECT has neither a path nor a scheme (section 8.5).
        if let method, block.bytes.span.extracting(method).equals(Self.connect) {
            throw .methodNotAllowed
        }
        guard let method, let path, let scheme,
            Scheme(block.bytes.span.extracting(scheme)) != nil
        else { throw .http2Message }
        self.method = method
        self.path = path
        self.authority = authority
        self.count = count
    }

    /// Whether it is the first of its name.
    private static func fill(_ slot: inout Range<Int>?, _ field: FieldBlock.Field) -> Bool {
        guard slot == nil else { return false }
        slot = field.value
        return true
    }

    private static let method = Array(":method".utf8)
    private static let path = Array(":path".utf8)
    private static let scheme = Array(":scheme".utf8)
    private static let authority = Array(":authority".utf8)
    private static let connect = Array("CONNECT".utf8)
}

extension FieldBlock {
    /// Whether a field has this name.
    fileprivate func names(_ field: Field, _ name: [UInt8]) -> Bool {
        bytes.span.extracting(field.name).equals(name)
    }

    /// The value of `:path`, for requests that were not read.
    var path: ArraySlice<UInt8> {
        fields.first { name($0).elementsEqual(":path".utf8) }.map { value($0) } ?? []
    }

    /// Reads the fields behind a body, which go no further, by the rules that trailers of HTTP/1 have.
    func checkAsTrailers() throws(RequestFailure) {
        guard !isTooLarge, bytes.count <= ChunkedDecoder.mostTrailerBytes,
            fields.count <= ChunkedDecoder.mostTrailerFields
        else { throw .trailerTooLarge }
        for field in fields {
            let line = Array(name(field)) + [0x3A, 0x20] + value(field)
            let entry: FieldList.Entry
            do { entry = try FieldLine.parse(line.span, 0..<line.count) } catch { throw .trailer }
            guard FieldKind.mayTrail(line.span.extracting(entry.name), entry.kind) else {
                throw .trailerForbidden
            }
        }
    }
}
