import Federation
package import OpenSSL
import Transport

/// Nextcloud and ownCloud open their pages of public links (`/s/SECRET/download`, previews, editors)
/// by the secret of a federated share as well (`docs/decisions/0016`).
extension Gateway {
    /// Refused (`secret_refused`): a page that is asked for by the secret of a share that we know, and
    /// what is to be moved or copied to one. Peers reach data over WebDAV, where what they may do is judged.
    func refuseSharesOnPages(_ head: RequestHead, _ path: TargetPath?) throws(Denial) {
        guard backend.kind.mayBePHP else { return }
        if let path { try refuseShares(namedIn: path, head.query) }
        try refuseShares(namedInDestinationOf: head)
    }

    /// A page of the backend. A body is judged where it may say what page it is: ownCloud opens that of a link by
    /// every method, and for the link that the body names; of GET and HEAD what stands in the body comes before
    /// the path. Talk and federated teams ask by GET with a body (`docs/decisions/0016`).
    func page(
        _ head: RequestHead, _ path: TargetPath, _ routes: RouteTable,
        from client: ClientConnection, through entrance: Entrance
    ) -> Plan {
        guard routes.hasLinkPages else {
            return passThrough(head, path, from: client, through: entrance)
        }
        let isJudged: Bool
        switch head.method {
        case .get, .head: isJudged = registry.count > 0 && head.hasParametersInBody
        case _:
            let once = TargetPath.decode(Array(path.text.utf8)[...])
            isJudged = routes.isLinkPage(TargetPath.decode(once[...]))
        }
        guard isJudged else { return passThrough(head, path, from: client, through: entrance) }
        return linkShare(head, path, .parameters, from: client)
    }

    /// The body may name a public link, of which the backend makes a share or opens a document; it
    /// does so for the secret of a share as well.
    func linkShare(
        _ head: RequestHead, _ path: TargetPath, _ holding: LinkBody, from client: ClientConnection
    ) -> Plan {
        switch head.body {
        case .none, .length(0): return passThrough(head, path, from: client)
        case .length, .chunked: break
        }
        guard configuration.backend.pass == .all else {
            return .answer(refusal(Denial(.notFound, Denial.pagesClosed), from: client))
        }
        return .read(limit: holding.limit) { [self] request in
            passThrough(
                head, path, from: client, judging: JudgedBody(request: request, holding: holding))
        }
    }

    /// Refused: a body of which a parameter names the secret of a share that we know (`secret_refused`), and one
    /// that says too much beside a document (`body_too_large`).
    func refuseShares(
        inBodyOf request: ReceivedRequest, holding: LinkBody
    ) throws(Denial) {
        let parameters = try request.parameters(of: holding)
        guard parameters.reduce(0, { $0 + $1.value.utf8.count }) <= LinkBody.parameters.limit else {
            throw Denial(.bodyTooLarge, "the parameters beside the document")
        }
        for (_, value) in parameters {
            try refuseShares(namedBy: Array(percentEncoded(value).utf8)[...])
        }
    }

    /// Refused (`secret_refused`): a path or query in which the secret of a share that we know stands.
    func refuseShares(namedIn path: TargetPath, _ query: ArraySlice<UInt8>?) throws(Denial) {
        guard registry.count > 0 else { return }
        guard query != nil || path.longestSegment >= Self.shortestSecret else { return }
        try refuseShares(namedBy: Array(path.text.utf8)[...])
        if let query { try refuseShares(namedBy: query) }
    }

    /// Refused (`secret_refused`): a `Destination` that the secret of a share that we know stands in, on
    /// whatever host: a backend may read the path of it alone, and decode that once more.
    func refuseShares(namedInDestinationOf head: RequestHead) throws(Denial) {
        guard head.method.onData?.hasDestination == true, registry.count > 0 else { return }
        for value in head.fields.values(of: .destination) {
            try refuseShares(namedBy: value)
            try refuseShares(namedBy: TargetPath.decode(value)[...])
        }
    }

    private func refuseShares(namedBy target: ArraySlice<UInt8>) throws(Denial) {
        for secret in Self.secretWords(in: target) {
            let found = registry.findServed(secret)
            guard found.allSatisfy({ mayBeALink($0.share) }) else {
                throw Denial(.secretRefused, "the secret of a share beside the credential")
            }
        }
    }

    /// What could be the secret of a share in a path, a query or a URL, in any spelling. A server behind may
    /// cut a segment or a value at whatever stands behind a secret, encoded or not, and its database does
    /// not see spaces there.
    static func secretWords(in target: ArraySlice<UInt8>) -> [Secret] {
        TargetPath.decode(target).split { !$0.isUnreserved }
            .filter { $0.count >= shortestSecret }.map { Secret(Array($0)) }
    }

    /// Whether a share was only learned from a peer that may still have it: what the peer showed as
    /// a code may be a public link, and stays one for all others.
    func mayBeALink(_ share: ShareRecord) -> Bool {
        let now = environment.now()
        return share.origin == .learned && share.standing(now: now) == .active
            && policy.current.standing(of: share.peer, now: now).denial == nil
    }

    /// Servers make theirs of 15 letters and digits, or more.
    fileprivate static let shortestSecret = 8
}

extension Secret {
    /// Whether it is as long as those that servers make. Shown as a credential it stands alone, and may have
    /// any characters: of Nextcloud's calendars two in three have a `+` or a `/`.
    var isLookedForAsCredential: Bool { text.utf8.count >= Gateway.shortestSecret }

    /// Whether it is like those of the shares that pages open by as well: a word of paths and queries.
    package var isLookedForOnPages: Bool {
        isLookedForAsCredential && text.utf8.allSatisfy(\.isUnreserved)
    }
}

extension RequestHead {
    /// Whether a PHP server may find parameters in the body: it goes by the type, and without one there are none.
    /// Federated teams ask so, and HTTP/2 may tell the end of what has no body later.
    fileprivate var hasParametersInBody: Bool {
        switch body {
        case .none, .length(0): false
        case .chunked, .length: fields.contains(.contentType)
        }
    }
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
