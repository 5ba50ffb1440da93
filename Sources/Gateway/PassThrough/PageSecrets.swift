import Federation
package import OpenSSL
import Transport

/// Nextcloud and ownCloud open their pages of public links (`/s/SECRET/download`, previews, editors)
/// by the secret of a federated share as well.
extension Gateway {
    /// Refused (`secret_refused`): a page that is asked for by the secret of a share that we know, and
    /// what is to be moved or copied to one. Peers reach data over WebDAV, where what they may do is judged.
    func refuseSharesOnPages(_ head: RequestHead, _ path: TargetPath?) throws(Denial) {
        switch backend.kind {
        case .nextcloud, .owncloud10, .generic: break
        case .ocis, .opencloud, .cernbox, .seafile: return
        }
        if let path { try refuseShares(namedIn: path, head.query) }
        try refuseShares(namedInDestinationOf: head)
        try refuseParameters(inBodyOf: head)
    }

    /// Refused (`malformed_request`): a page that is asked for with a body. What stands in that is a
    /// parameter too, and comes before the one of the path.
    private func refuseParameters(inBodyOf head: RequestHead) throws(Denial) {
        guard head.method == .get || head.method == .head, registry.count > 0 else { return }
        switch head.body {
        case .none, .length(0): break
        // HTTP/2 may tell the end of what has none later; without a type there are no parameters.
        case .chunked where !head.fields.contains(.contentType): break
        case .length, .chunked:
            throw Denial(
                .malformedRequest,
                "\(head.method.rawValue) with a body, which the backend reads before the path")
        }
    }

    /// The body may name a public link, of which the backend makes a share or opens a document; it
    /// does so for the secret of a share as well.
    func linkShare(
        _ head: RequestHead, _ path: TargetPath, from client: ClientConnection
    ) -> Plan {
        switch head.body {
        case .none, .length(0): return passThrough(head, path, from: client)
        case .length, .chunked: break
        }
        guard configuration.backend.pass == .all else {
            return .answer(refusal(Denial(.notFound, Denial.pagesClosed), from: client))
        }
        return .read(limit: 16 << 10) { [self] request in
            do throws(Denial) {
                try refuseSharesOnPages(head, path)
                for (_, value) in try request.parameters() {
                    try refuseShare(namedBy: Array(percentEncoded(value).utf8))
                }
                let writer = try backend.head.writer(
                    for: head, path: path.text, query: head.query, client: client,
                    coding: .identity)
                return try await pass(request, writer, keeping: [FieldName("set-cookie")])
            } catch { return refusal(error, from: client) }
        }
    }

    /// Refused (`secret_refused`): a segment of the path or a value of the query that is the secret of
    /// a share that we know.
    func refuseShares(namedIn path: TargetPath, _ query: ArraySlice<UInt8>?) throws(Denial) {
        guard registry.count > 0 else { return }
        guard query != nil || path.longestSegment >= Self.shortestSecret else { return }
        for segment in Self.segments(of: path.text) { try refuseShare(namedBy: segment) }
        guard let query else { return }
        for part in query.split(whereSeparator: { Self.separators.contains($0) }) {
            try refuseShare(namedBy: part)
        }
    }

    /// Refused (`secret_refused`): a `Destination` that the secret of a share that we know stands in, on
    /// whatever host: a backend may read the path of it alone.
    func refuseShares(namedInDestinationOf head: RequestHead) throws(Denial) {
        guard head.method.onData?.hasDestination == true, registry.count > 0 else { return }
        for value in head.fields.values(of: .destination) {
            let raw = String(decoding: value, as: UTF8.self)
            for text in [raw, percentDecoded(raw)].compactMap({ $0 }) {
                for part in Self.segments(of: text) { try refuseShare(namedBy: part) }
            }
        }
    }

    /// The segments of a path or a URL: an encoded slash ends one for a server that decodes first, whatever
    /// else stands there.
    private static func segments(of text: String) -> [Substring.UTF8View] {
        let isPlain = text.utf8.allSatisfy { !signs.contains($0) }
        let path = isPlain ? text : ends.reduce(text) { $0.replacing($1, with: "/") }
        return path.utf8.split(separator: UInt8(ascii: "/"))
    }

    private func refuseShare(namedBy part: some Collection<UInt8>) throws(Denial) {
        // However long: spaces at its end are nothing to a database.
        guard part.count >= Self.shortestSecret,
            let decoded = percentDecoded(String(decoding: part, as: UTF8.self))
        else { return }
        // A server behind may cut a segment at its parameters, or at what was encoded. Databases do not see
        // spaces at the end.
        var text = decoded.prefix { !";?#".contains($0) }
        while let last = text.utf8.last, last == 0x20 || last == UInt8(ascii: "+") {
            text = text.dropLast()
        }
        guard Self.isLookedFor(text) else { return }
        let found = registry.findServed(Secret(utf8: String(text)))
        guard !found.allSatisfy({ mayBeALink($0.share) }) else { return }
        throw Denial(.secretRefused, "the secret of a share beside the credential")
    }

    /// Whether a share was only learned from a peer that may still have it: what the peer showed as
    /// a code may be a public link, and stays one for all others.
    func mayBeALink(_ share: ShareRecord) -> Bool {
        let now = environment.now()
        return share.origin == .learned && share.standing(now: now) == .active
            && policy.current.standing(of: share.peer, now: now).denial == nil
    }

    /// Whether a text could be the secret of a share.
    fileprivate static func isLookedFor(_ text: Substring) -> Bool {
        text.utf8.count >= shortestSecret && text.utf8.allSatisfy(\.isUnreserved)
    }

    /// Servers make theirs of 15 letters and digits, or more.
    private static let shortestSecret = 8
    private static let separators = Array("&;=".utf8)
    private static let ends = ["\\", "?", "%2F", "%2f", "%5C", "%5c"]
    /// What each of them begins with.
    private static let signs = Array("\\?%".utf8)
}

extension Secret {
    /// Whether it is like those that servers make, among which pages are looked through for it.
    package var isLookedForOnPages: Bool { Gateway.isLookedFor(text[...]) }
}

extension TargetPath {
    /// The number of bytes of its longest segment.
    fileprivate var longestSegment: Int {
        let path = text.utf8.span
        var longest = 0
        var start = 0
        for index in path.indices where path[index] == UInt8(ascii: "/") {
            longest = max(longest, index - start)
            start = index + 1
        }
        return max(longest, path.count - start)
    }
}
