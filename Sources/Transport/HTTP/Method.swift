/// A request method that the gateway takes in: the registered ones (RFC 9110, WebDAV and its kin).
///
/// Methods are case-sensitive. TRACE and TRACK are missing on purpose, and so is every name that
/// no registry knows: a parser answers those itself, and no switch has to think of them.
package enum Method: String, Sendable, CaseIterable {
    case get = "GET"
    case head = "HEAD"
    case post = "POST"
    case put = "PUT"
    case delete = "DELETE"
    case options = "OPTIONS"
    case patch = "PATCH"
    case connect = "CONNECT"
    case query = "QUERY"

    // RFC 4918 (WebDAV).
    case propfind = "PROPFIND"
    case proppatch = "PROPPATCH"
    case mkcol = "MKCOL"
    case copy = "COPY"
    case move = "MOVE"
    case lock = "LOCK"
    case unlock = "UNLOCK"

    // RFC 3253, 3648, 3744, 4437, 4791, 5323, 5842: its extensions.
    case acl = "ACL"
    case baselineControl = "BASELINE-CONTROL"
    case bind = "BIND"
    case checkin = "CHECKIN"
    case checkout = "CHECKOUT"
    case label = "LABEL"
    case link = "LINK"
    case merge = "MERGE"
    case mkactivity = "MKACTIVITY"
    case mkcalendar = "MKCALENDAR"
    case mkredirectref = "MKREDIRECTREF"
    case mkworkspace = "MKWORKSPACE"
    case orderpatch = "ORDERPATCH"
    case rebind = "REBIND"
    case report = "REPORT"
    case search = "SEARCH"
    case unbind = "UNBIND"
    case uncheckout = "UNCHECKOUT"
    case unlink = "UNLINK"
    case update = "UPDATE"
    case updateredirectref = "UPDATEREDIRECTREF"
    case versionControl = "VERSION-CONTROL"

    /// Whether it changes nothing (RFC 9110, section 9.2.1).
    package var isSafe: Bool {
        switch self {
        case .get, .head, .options, .propfind, .report, .search, .query: true
        case .post, .put, .delete, .patch, .connect, .proppatch, .mkcol, .copy, .move, .lock,
            .unlock, .acl, .baselineControl, .bind, .checkin, .checkout, .label, .link, .merge,
            .mkactivity, .mkcalendar, .mkredirectref, .mkworkspace, .orderpatch, .rebind, .unbind,
            .uncheckout, .unlink, .update, .updateredirectref, .versionControl:
            false
        }
    }

    /// Reads a method token; refuses TRACE and TRACK (`method_not_allowed`), and whatever is
    /// unknown or written in another case (`method_unknown`).
    static func parse(_ token: Span<UInt8>) throws(RequestFailure) -> Method {
        guard token.count > 0, token.count <= longest else {
            throw token.isEmpty ? .requestLine : .methodUnknown
        }
        for candidate in table where token.equals(candidate.name) { return candidate.method }
        if token.equals(trace) || token.equals(track) { throw .methodNotAllowed }
        throw .methodUnknown
    }

    private static let table = allCases.map { (method: $0, name: Array($0.rawValue.utf8)) }
    private static let longest = table.map(\.name.count).max() ?? 0
    private static let trace = Array("TRACE".utf8)
    private static let track = Array("TRACK".utf8)
}
