import OpenSSL

/// What lies behind one entry of the table, and how the rest of the path and the method decide.
enum Target: Sendable {
    /// A path that is taken as a whole.
    case whole(WholePath)
    /// The OCM API, and what becomes of everything else below it.
    case endPoint(others: Others)
    case ocs(OCSCall.Version)
    case webdav(WebDAVRoot)
    /// Shared data at the name of their script without its ending, for which Apache's MultiViews finds it:
    /// Nextcloud and ownCloud may cut as much off as the whole name is long (`overwritewebroot`).
    case negotiatedWebDAV
    /// Whatever is below a path.
    case application(ApplicationMessage)
    /// What ends with a segment, whatever stands before that.
    case ending(String, WholePath)

    /// What may lie at a path that is taken as a whole; anything below it is no route.
    enum WholePath: Sendable {
        case discovery, ocsProvider, jwks, token, shareInfo, linkShare, linkDocument, status
        case inviteDialog
        case ocm(OCMEndpoint)
    }

    /// What lies below the OCM API and is none of its endpoints.
    enum Others: Sendable {
        /// Not forwarded: nothing but OCM lives there.
        case closed
        /// Somebody else's: ownCloud's app has pages of its own.
        case open
    }

    /// The route, or nil when the rest of the path belongs to somebody else.
    func route(_ method: String, rest: Substring.UTF8View) -> Route? {
        switch self {
        case .whole(let whole):
            guard rest.allSatisfy({ $0 == UInt8(ascii: "/") }) else { return nil }
            return whole.route(method)
        case .endPoint(let others): return endPoint(method, rest, others)
        case .ocs(let version): return ocs(version, rest)
        case .webdav(let root): return .webdav(webdav(root, rest))
        case .negotiatedWebDAV:
            guard Substring(rest).split(separator: "/").contains("webdav") else { return nil }
            return .webdav(webdav(.publicWebDAV, rest))
        case .application(let message): return .application(message)
        case .ending(let name, let whole):
            guard let last = Substring(rest).split(separator: "/").last, last == name else {
                return nil
            }
            return whole.route(method)
        }
    }

    private func endPoint(
        _ method: String, _ rest: Substring.UTF8View, _ others: Others
    ) -> Route? {
        let name = rest.drop { $0 == UInt8(ascii: "/") }
        let end = name.firstIndex(of: UInt8(ascii: "/")) ?? name.endIndex
        guard name[end...].allSatisfy({ $0 == UInt8(ascii: "/") }),
            let endpoint = OCMEndpoint(rawValue: String(Substring(name[..<end])))
        else {
            switch others {
            case .closed: return .unknownEndpoint
            case .open: return nil
            }
        }
        return Target.WholePath.ocm(endpoint).route(method)
    }

    private func ocs(_ version: OCSCall.Version, _ rest: Substring.UTF8View) -> Route? {
        let parts = Substring(rest).split(separator: "/", omittingEmptySubsequences: true)
        guard let first = parts.first else {
            return .ocs(OCSCall(version: version, action: .share))
        }
        guard first == "shares" else { return nil }
        switch parts.count {
        case 1: return .ocs(OCSCall(version: version, action: .share))
        case 3:
            guard let verb = OCSVerb(named: parts[2]), let id = percentDecoded(parts[1])
            else { return .ocs(OCSCall(version: version, action: .unknown)) }
            return .ocs(OCSCall(version: version, action: .change(id: id, verb)))
        default: return .ocs(OCSCall(version: version, action: .unknown))
        }
    }

    private func webdav(
        _ root: WebDAVRoot, _ rest: Substring.UTF8View
    ) -> WebDAVRoute {
        let rest = Substring(rest)
        let prefix = String(rest.base[..<rest.startIndex])
        switch root {
        case .publicWebDAV, .seafdav, .discovered:
            return WebDAVRoute(root: root, prefix: prefix, share: nil, rest: String(rest))
        case .publicFiles, .publicUploads, .ocm:
            let inner = rest.dropFirst()
            let end = inner.utf8.firstIndex(of: UInt8(ascii: "/")) ?? inner.endIndex
            let share = inner[..<end].isEmpty ? nil : percentDecoded(inner[..<end])
            return WebDAVRoute(
                root: root, prefix: prefix, share: share, rest: String(inner[end...]))
        }
    }
}

extension Target.WholePath {
    fileprivate func route(_ method: String) -> Route {
        switch self {
        case .discovery: return read(method) ?? .discovery
        case .ocsProvider: return read(method) ?? .ocsProvider
        case .jwks: return read(method) ?? .jwks
        case .token: return method == "POST" ? .token : .methodNotAllowed(allow: "POST")
        case .shareInfo: return .shareInfo
        case .linkShare: return .linkShare(.parameters)
        case .linkDocument: return .linkShare(.document)
        case .status: return .status
        case .inviteDialog:
            return method == "POST" ? .inviteDialog : .methodNotAllowed(allow: "POST")
        case .ocm(let endpoint):
            return method == "POST" ? .ocm(endpoint) : .methodNotAllowed(allow: "POST")
        }
    }

    private func read(_ method: String) -> Route? {
        method == "GET" || method == "HEAD" ? nil : .methodNotAllowed(allow: "GET, HEAD")
    }
}

/// The text of a path segment with its escapes resolved; nil when that is not UTF-8 or holds a
/// control character.
package func percentDecoded(_ text: some StringProtocol) -> String? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count)
    var rest = text.utf8.makeIterator()
    while let byte = rest.next() {
        guard byte == UInt8(ascii: "%") else {
            bytes.append(byte)
            continue
        }
        guard let high = rest.next()?.hexValue, let low = rest.next()?.hexValue
        else { return nil }
        bytes.append(high << 4 | low)
    }
    guard !bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return nil }
    return String(validating: bytes, as: UTF8.self)
}

extension StringProtocol {
    /// Whether it is a path that has one spelling alone: empty, or segments of unreserved characters
    /// behind a slash each, none of them empty or dots.
    package var isPlainPath: Bool {
        utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
            .allSatisfy { segment in
                !segment.isEmpty && segment.allSatisfy(\.isUnreserved)
                    && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
            }
    }
}

/// The text of a path segment: every byte outside the unreserved ones escaped (RFC 3986, section
/// 2.3).
package func percentEncoded(_ text: some StringProtocol) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        if byte.isUnreserved {
            bytes.append(byte)
        } else {
            bytes.append(escaped: byte)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
