/// What a field is to a gateway: which rules of the parser look at it, and whether it may be
/// copied to the other side.
///
/// Names with other signs that a CGI backend would read as one of the fields named here
/// (`X_Forwarded_For`, `Content.Length`, `client~ip`) are refused by the parser, see `aliased`.
enum FieldKind: UInt8, Sendable {
    /// End to end, and nobody's business.
    case plain
    /// End to end, and it decides something: no `Connection` field may name it.
    case protected
    /// Ends at the next hop (RFC 9110, section 7.6.1): never copied.
    case hopByHop
    /// Ours to assert (`X-Forwarded-*`, `X-OCM-*`) or ours to ignore (method and path overrides,
    /// `Proxy`, `XAuthorization`, variables of CGI): never copied from a client, never named by
    /// `Connection`. A method override that is none of the request's own method is refused.
    ///
    /// gunicorn takes `SCRIPT_NAME` out of a field of that name and cuts it off the path, which is then
    /// another one than was judged; Django lets in whom `Remote-User` names, where it is told to. Apache
    /// reads `Request-Range`, which is no field of HTTP, as `Range`. By `Sec-WebSocket-Key1`, of a draft that
    /// was given up, gunicorn takes the first eight bytes of the next request for a body.
    case reserved
    case host
    case contentLength
    case transferEncoding
    case connection
    case expect

    /// The kind of a field name; `hash` is `FieldName.hash` of it.
    static func of(_ name: Span<UInt8>, hash: UInt32) -> FieldKind {
        var slot = Int(hash & mask)
        while slots[slot] != empty {
            let entry = entries[Int(slots[slot])]
            if entry.name.nameHash == hash, name.equalsIgnoringCase(entry.name.bytes) {
                return entry.kind
            }
            slot = (slot + 1) & Int(mask)
        }
        return isReservedFamily(name) ? .reserved : .plain
    }

    /// Whether `name`, with all signs read as `-`, is a field with rules of its own.
    ///
    /// CGI, PHP and some frameworks fold `_` and `.` into it, and lighttpd whatever is no letter and no
    /// digit, so such a name would come out as the field that we strip, set or frame by.
    static func aliased(_ name: Span<UInt8>) -> Bool {
        var folded: [UInt8] = []
        for index in name.indices {
            let byte = name[index]
            folded.append(Octet.isLetter(byte) || Octet.isDigit(byte) ? byte : 0x2D)
        }
        return of(folded.span, hash: FieldName.hash(folded.span)) != .plain
    }

    /// Whether a field may stand behind a body, from where it goes no further: none that frames, routes
    /// or authenticates, but what a sender knows of the body only there (RFC 9110, section 6.5.1; RFC
    /// 9530, section 2).
    static func mayTrail(_ name: Span<UInt8>, _ kind: FieldKind) -> Bool {
        switch kind {
        case .plain: return true
        case .protected:
            for known in trailing where name.equalsIgnoringCase(known.bytes) { return true }
            return false
        case .hopByHop, .reserved, .host, .contentLength, .transferEncoding, .connection, .expect:
            return false
        }
    }

    /// Whether frameworks take the method of a request from a field of this name, in place of its own.
    static func overridesMethod(_ name: Span<UInt8>) -> Bool {
        for known in overriding where name.equalsIgnoringCase(known.bytes) { return true }
        return false
    }

    private static let overriding = [
        "x-http-method", "x-http-method-override", "x-method-override",
    ].map { FieldName($0) }
    private static let trailing = ["cache-control", "content-digest", "date", "digest", "vary"]
        .map { FieldName($0) }

    /// `X-Forwarded`, `X-Forwarded-*` and `X-OCM-*`.
    private static func isReservedFamily(_ name: Span<UInt8>) -> Bool {
        guard name.count >= 6, name[0] | 0x20 == 0x78, name[1] == 0x2D else { return false }
        return hasPrefix(name, ocmPrefix)
            || hasPrefix(name, forwardedPrefix)
                && (name.count == forwardedPrefix.count || name[forwardedPrefix.count] == 0x2D)
    }

    private static func hasPrefix(_ name: Span<UInt8>, _ prefix: [UInt8]) -> Bool {
        name.count >= prefix.count
            && name.extracting(0..<prefix.count).equalsIgnoringCase(prefix)
    }

    private static let ocmPrefix = Array("x-ocm-".utf8)
    private static let forwardedPrefix = Array("x-forwarded".utf8)

    private struct Entry: Sendable {
        let name: FieldName
        let kind: FieldKind
    }

    private static let entries: [Entry] = named.flatMap { kind, names in
        names.map { Entry(name: FieldName($0), kind: kind) }
    }

    /// An open hash table of indices into `entries`, mostly empty, so that an ordinary name is
    /// done after one look.
    private static let mask: UInt32 = 511
    private static let empty = UInt8.max
    private static let slots: [UInt8] = {
        var slots = [UInt8](repeating: empty, count: Int(mask) + 1)
        for (index, entry) in entries.enumerated() {
            var slot = Int(entry.name.nameHash & mask)
            while slots[slot] != empty { slot = (slot + 1) & Int(mask) }
            slots[slot] = UInt8(index)
        }
        return slots
    }()

    private static let named: [(FieldKind, [String])] = [
        (.host, ["host"]),
        (.contentLength, ["content-length"]),
        (.transferEncoding, ["transfer-encoding"]),
        (.connection, ["connection"]),
        (.expect, ["expect"]),
        (
            .hopByHop,
            [
                "keep-alive", "proxy-authenticate", "proxy-authentication-info",
                "proxy-authorization", "proxy-connection", "te", "trailer", "upgrade",
                "http2-settings",
            ]
        ),
        (
            .reserved,
            [
                "auth-type", "client-ip", "forwarded", "path-info", "path-translated", "proxy",
                "query-string", "remote-addr", "remote-host", "remote-ident", "remote-user",
                "request-method", "request-range", "request-uri", "script-filename", "script-name",
                "sec-websocket-key1", "sec-websocket-key2", "true-client-ip", "x-client-ip",
                "x-cluster-client-ip", "x-host", "x-http-method", "x-http-method-override",
                "x-method-override", "x-original-host", "x-original-url", "x-real-ip",
                "x-rewrite-url", "x-scheme", "x-script-name", "xauthorization",
            ]
        ),
        (
            .protected,
            [
                "accept-encoding", "authorization", "authorization-app-api", "cache-control",
                "content-digest", "content-encoding", "content-location", "content-range",
                "content-type", "cookie", "date", "deck-federation-accesstoken", "depth",
                "destination", "digest", "if", "if-match", "if-modified-since", "if-none-match",
                "if-range", "if-unmodified-since", "location", "lock-token", "max-forwards",
                "ocm-token", "origin", "overwrite", "pragma", "range", "set-cookie", "signature",
                "signature-input", "timeout", "vary", "via", "www-authenticate", "x-access-token",
                "x-nc-skip-trashbin",
            ]
        ),
    ]
}
