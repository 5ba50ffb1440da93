extension OutboundTranslation {
    /// Whether a share can, and therefore does, demand that its code be exchanged.
    func demandsTokens(_ share: Share) -> Bool {
        guard share.isOfFiles, dialect.shape == .multi else { return false }
        switch dialect.exchange {
        case .demanded, .offered: return true
        case .none: return share.requires(.mustExchangeToken)
        }
    }

    /// The `protocol` of a share for the peer.
    ///
    /// Refused: what ``share(_:swaps:)`` refuses.
    func protocolForPeer(_ share: Share) throws(Denial) -> JSONObject {
        guard share.isOfFiles else {
            if dialect.exchange == .demanded {
                throw Denial(
                    .tokenExchangeRequired,
                    "a \(share.shape == .foreign ? "protocol" : "resource") without token exchange")
            }
            return names.moved(share.members[.protocol]?.object ?? JSONObject())
        }
        switch dialect.shape {
        case .multi: return try staysOlder(share) ? older(share) : modern(share)
        case .legacy, .single, .foreign: return try older(share)
        }
    }

    /// Whether the peer reads the deprecated shape too, and finds out by it what the share is of.
    func staysOlder(_ share: Share) -> Bool {
        share.shape == .legacy && dialect.reader.looksForFolders && !demandsTokens(share)
    }

    /// The deprecated shape has no place for what a share demands.
    ///
    /// Refused: a share that demands something (`token_exchange_required`, `mfa_required`,
    /// `protocol_not_supported`), any where the peer demands tokens, and what has no such shape.
    private func older(_ share: Share) throws(Denial) -> JSONObject {
        if dialect.exchange == .demanded {
            throw Denial(.tokenExchangeRequired, "the peer demands it and reads no such share")
        }
        for way in share.protocols where way.name == "webdav" {
            for requirement in way.requirements {
                switch requirement {
                case .mustExchangeToken:
                    throw Denial(.tokenExchangeRequired, "the peer exchanges no tokens")
                case .mustUseMFA: throw Denial(.mfaRequired, "the peer cannot be told")
                case .other: throw Denial(.protocolNotSupported, "a requirement for an old peer")
                }
            }
        }
        return names.moved(try words.protocolForBackend(share, uri: data))
    }

    private func modern(_ share: Share) throws(Denial) -> JSONObject {
        let written = share.members[.protocol]?.object ?? JSONObject()
        let isWhole = share.webdav == nil || written[.webdav]?.object?[.sharedSecret] != nil
        var ways =
            if share.shape == .multi, isWhole {
                try words.protocolForBackend(share, uri: place(of: share))
            } else {
                try words.newer(share, written, uri: place(of: share))
            }
        ways = names.moved(ways)
        if dialect.reader.namesSingleFiles, share.resourceType == "file" {
            tellSegment(in: &ways)
        }
        if dialect.reader.onlyProtocols == nil {
            // Modern readers take every member for a protocol.
            ways[.options] = nil
            if var webdav = ways[.webdav]?.object {
                try writePlace(in: &webdav)
                try writePermissions(of: share, in: &webdav)
                ways[.webdav] = .object(webdav)
                if readsWebDAVAlone {
                    for name in ways.members.map(\.name) where name != "name" && name != "webdav" {
                        ways[name] = nil
                    }
                }
            }
        }
        if demandsTokens(share) { Self.demandTokens(in: &ways) }
        return ways
    }

    /// opencloudmesh-go refuses a whole share for another way beside WebDAV.
    private var readsWebDAVAlone: Bool { dialect.permissions == .readOnly }

    /// Whether the peer is told of fewer ways to a share than there are.
    package func leavesWaysOut(of share: Share) -> Bool {
        if !share.waysWithSecretsInside.isEmpty { return true }
        return readsWebDAVAlone && share.isOfFiles && share.webdav != nil
            && share.protocols.count > 1
    }

    /// The share without the ways that the peer would open by tokens alone, but WebDAV: ours open
    /// nothing else, and the backend knows neither them nor the codes that they are given out for.
    ///
    /// Refused (`protocol_not_supported`): a share of which no way is left.
    package func openable(_ share: Share) throws(Denial) -> Share {
        let isDemanded = demandsTokens(share)
        let closed = share.protocols.filter { way in
            way.name != "webdav"
                && (way.requirements.contains(.mustExchangeToken)
                    || isDemanded && way.secret != nil)
        }.map(\.name)
        guard !closed.isEmpty else { return share }
        guard closed.count < share.protocols.count else {
            throw Denial(.protocolNotSupported, "no way that our tokens open")
        }
        return try share.without(closed)
    }

    /// Where the data are of a share that does not say so itself.
    private func place(of share: Share) -> String {
        dialect.reader.namesSingleFiles && share.resourceType == "file"
            ? data + SingleFile.segment : data
    }

    /// Where the backend itself names the root of all shares, it is told as ``place(of:)`` tells it.
    private func tellSegment(in ways: inout JSONObject) {
        guard var webdav = ways[.webdav]?.object else { return }
        for name in dialect.reader.uriMembers {
            guard let uri = webdav[name]?.string, uri == data || uri + "/" == data else { continue }
            webdav[name] = .string(data + SingleFile.segment)
        }
        ways[.webdav] = .object(webdav)
    }

    /// A relative place is one below our own prefix; the root of the prefix is `/`, since there the
    /// token alone names the share.
    ///
    /// Refused (`protocol_not_supported`): a place elsewhere, for a peer that takes relative ones only.
    private func writePlace(in webdav: inout JSONObject) throws(Denial) {
        let known = [MemberName.uri, .url, .upperCaseURI].compactMap { webdav[$0]?.string }
            .first { !$0.isEmpty }
        for other in [MemberName.url, .upperCaseURI] { webdav[other] = nil }
        switch dialect.uris {
        case .absolute: webdav[.uri] = .string(known ?? data)
        case .relative:
            guard let known, URLParts(known) != nil else {
                webdav[.uri] = .string(known ?? "/")
                return
            }
            guard known.hasPrefix(data) else {
                throw Denial(.protocolNotSupported, "the peer takes relative URIs only")
            }
            let rest = known.dropFirst(data.count)
            webdav[.uri] = .string(rest.isEmpty ? "/" : String(rest))
        }
    }

    /// Modern readers want a list. Where the backend named none, all are named: what can really be
    /// done the backend alone knows, and it is what refuses.
    private func writePermissions(
        of share: Share, in webdav: inout JSONObject
    ) throws(Denial) {
        let named = webdav[.permissions]?.array
        switch dialect.permissions {
        case .all:
            if named == nil {
                let said = share.webdav?.permissions ?? .unspecified
                webdav[.permissions] = .array(said.listed)
            }
        case .readOnly:
            if let named, !named.contains(.string("read")) {
                throw Denial(.protocolNotSupported, "the peer takes shares that can be read only")
            }
            webdav[.permissions] = .array([.string("read")])
        }
    }

    private static func demandTokens(in ways: inout JSONObject) {
        for member in ways.members where member.known != .options {
            guard var fields = member.value.object else { continue }
            let words = fields[.requirements]?.array ?? []
            let known = words.compactMap(\.string).map(ShareRequirement.init(spelled:))
            guard !known.contains(.mustExchangeToken) else { continue }
            fields[.requirements] = .array(words + [.string("must-exchange-token")])
            ways[member.name] = .object(fields)
        }
    }
}
