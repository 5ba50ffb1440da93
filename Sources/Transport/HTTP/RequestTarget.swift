/// The parts of a request target (RFC 9112, section 3.2) as ranges over the bytes of the head.
package struct RequestTarget: Sendable, Equatable {
    package let form: Form
    let whole: Range<Int>
    let authority: Range<Int>
    let path: Range<Int>
    let query: Range<Int>?

    /// The four forms.
    package enum Form: Sendable, Equatable {
        case origin
        /// With scheme and host: meant for proxies, though every server must take it.
        case absolute(Scheme)
        /// `host:port`, for CONNECT only.
        case authority
        /// `*`, for OPTIONS only.
        case asterisk
    }

    /// Reads the target of a request with `method`.
    ///
    /// Refused: a fragment; any byte outside of visible ASCII; the authority form for anything but
    /// CONNECT, and any other form for it; `*` for anything but OPTIONS; other schemes than http
    /// and https; an absolute target without a host. Escapes are looked at by `TargetPath`.
    static func parse(
        _ head: Span<UInt8>, _ whole: Range<Int>, method: Method
    ) throws(RequestFailure) -> RequestTarget {
        guard !whole.isEmpty else { throw .target }
        var query: Int?
        for index in whole {
            let byte = head[index]
            if byte == 0x3F {
                if query == nil { query = index }
            } else if byte == 0x23 {
                throw .targetFragment
            } else if byte >= 0x80 {
                throw .targetCharacter
            } else if byte <= 0x20 || byte == 0x7F {
                throw .target
            }
        }
        let pathEnd = query ?? whole.upperBound
        let queryRange = query.map { ($0 + 1)..<whole.upperBound }
        let start = whole.lowerBound
        let none = start..<start

        if method == .connect {
            guard query == nil, head[start] != 0x2F else { throw .target }
            return RequestTarget(
                form: .authority, whole: whole, authority: whole, path: none, query: nil)
        }
        if head[start] == 0x2F {
            return RequestTarget(
                form: .origin, whole: whole, authority: none, path: start..<pathEnd,
                query: queryRange)
        }
        if whole.count == 1, head[start] == 0x2A {
            guard method == .options else { throw .target }
            return RequestTarget(
                form: .asterisk, whole: whole, authority: none, path: none, query: nil)
        }
        var colon = start
        while colon < pathEnd, head[colon] != 0x3A { colon += 1 }
        guard colon + 3 < pathEnd, head[colon + 1] == 0x2F, head[colon + 2] == 0x2F,
            let scheme = Scheme(head.extracting(start..<colon))
        else { throw .target }
        let authorityStart = colon + 3
        var slash = authorityStart
        while slash < pathEnd, head[slash] != 0x2F { slash += 1 }
        guard slash > authorityStart else { throw .target }
        return RequestTarget(
            form: .absolute(scheme), whole: whole, authority: authorityStart..<slash,
            path: slash..<pathEnd, query: queryRange)
    }
}
