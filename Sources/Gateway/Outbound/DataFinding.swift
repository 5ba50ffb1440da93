import Federation
import OpenSSL
import Transport

/// Which share the backend's request for data is about, by the credential that it shows.
extension Gateway {
    /// Works out how the data behind a credential are reached.
    ///
    /// Refused: a credential that cannot be read (`secret_refused`); the secret of a share of our own
    /// (`secret_refused`): it would leave; what stands for the secret of another peer's share (`not_allowed`);
    /// a share that is over (`share_ended`); data at a place that cannot be dialled; `peer_unavailable`.
    ///
    /// - Parameter method: by which the backend asks for them, where it does.
    func dataShare(
        _ field: String, at host: PeerHost, by method: Method? = nil
    ) async throws(Denial) -> DataShare {
        guard let secret = DAVCredential(field).shareSecret else {
            throw Denial(.secretRefused, "Authorization names no share")
        }
        guard let found = try inboundShare(of: secret, at: host, by: method) else {
            guard registry.findServed(secret).isEmpty else {
                throw Denial(.secretRefused, "the secret of a share of this site's own")
            }
            return try dataShare(nil, at: try await resolution.resolve(host))
        }
        return try dataShare(found, at: try await resolution.resolve(found.share.peer))
    }

    /// The shares of peers that a text of the backend's means at a host.
    ///
    /// What we put in the place of a secret stands for its share wherever it is shown. A secret is its peer's
    /// own word, which may be a name that the backend has elsewhere, or the secret of another peer's: it counts
    /// at the peer alone, whoever else the share names.
    func peersShares(meantBy text: Secret, at host: PeerHost) -> [FoundAccess] {
        registry.find(text, .inbound).filter {
            $0.credential == .handle || $0.share.peer == host
        }
    }

    /// The share that a secret or a handle of the backend stands for at this host; nil for one that
    /// was never seen from there. Of the ways of one share with the same secret it is the one over WebDAV.
    ///
    /// A handle is shown at whatever host its backend takes for the share's: the peer, or where its owner or
    /// sender lives, or its data are.
    ///
    /// Refused: a handle at another host (`not_allowed`), and a share that is over (`share_ended`).
    private func inboundShare(
        of secret: Secret, at host: PeerHost, by method: Method?
    ) throws(Denial) -> FoundAccess? {
        let meant = peersShares(meantBy: secret, at: host)
        guard let first = meant.first else { return nil }
        guard first.credential == .secret || first.share.involves(host) || first.dataHost == host
        else {
            throw Denial(
                .notAllowed, "what stands for the secret of a share of \(first.share.peer)")
        }
        let now = environment.now()
        guard let active = meant.first(where: { $0.share.standing(now: now) == .active }) else {
            throw over("share \(first.share.id) is over", to: method)
        }
        return meant.first {
            $0.share.id == active.share.id && $0.access.protocolName == "webdav"
        } ?? active
    }

    private func dataShare(
        _ found: FoundAccess?, at peer: ResolvedPeer
    ) throws(Denial) -> DataShare {
        let path = try dataPath(of: found, at: peer)
        try checkPort(of: path.host, namedBy: peer.peer)
        guard let authority = try? Authority(path.host.description) else {
            throw Denial(.protocolNotSupported, "data at \(path.host), which cannot be dialled")
        }
        let host: HeadWriter.Lines
        do { host = try HeadWriter.Lines([(.host, path.host.description)]) } catch {
            throw Denial(.protocolNotSupported, "data at a host that cannot be named")
        }
        return DataShare(
            found, peer.peer, path: path,
            upstream: outbound.upstream(scheme: .https, authority: authority),
            way: try way(found, at: peer, data: path.host), hostLine: host,
            facts: facts(found, at: peer, data: path.host),
            freshUntil: environment.monotonicSeconds() + Self.freshness)
    }

    private func dataPath(
        of found: FoundAccess?, at peer: ResolvedPeer
    ) throws(Denial) -> DataPath {
        let type = found?.share.resourceType ?? "file"
        let (written, path) = try place(
            ofData: found?.access.uri, at: peer.peer,
            prefix: peer.document?.webdavRoot(for: type, at: peer.peer))
        let told: String? =
            switch backend.view.backend.credential {
            case .basic: peer.paths.webdav
            case .bearer: nil
            }
        return DataPath(
            written, path: path.text, resourceType: type, told: told, folder: peer.paths.folder)
    }

    /// Where the data of a share are by its URI, and the path there in the spelling in which paths are judged.
    ///
    /// Refused (`protocol_not_supported`): a URI that is not followed.
    ///
    /// - Parameter prefix: `protocols.webdav` of the peer's document.
    func place(
        ofData uri: String?, at peer: PeerHost, prefix: String?
    ) throws(Denial) -> (written: DataPath.Written, path: TargetPath) {
        guard let written = DataPath.written(uri: uri, peer: peer, prefix: prefix) else {
            throw Denial(.protocolNotSupported, "the URI of the share is none that we follow")
        }
        do {
            let path = Array((written.path.isEmpty ? "/" : written.path).utf8)[...]
            return (written, try TargetPath(ordinary: path) ?? TargetPath(path, rule: .routed))
        } catch { throw Denial(.protocolNotSupported, "the path of the share: \(error)") }
    }

    /// By token where the share demands it or its sender offers it; else by the secret.
    ///
    /// A code is exchanged at the peer or where the token is then shown, nowhere else: a peer that
    /// names another one's token endpoint would be shown that one's token (the mix-up of RFC 9207).
    private func way(
        _ found: FoundAccess?, at peer: ResolvedPeer, data: PeerHost
    ) throws(Denial) -> DataShare.Way {
        guard let found else { return .asSent }
        let demand: TokenLease.Demand
        let dialect = dialect(of: peer)
        let endPoint = dialect.tokenEndPoint.flatMap { named in
            named.host == peer.peer || named.host == data ? named : nil
        }
        if found.access.requirements.contains(.mustExchangeToken) {
            demand = .required
        } else {
            let secret = try secretField(of: found, at: peer)
            guard endPoint != nil else { return .secret(secret) }
            demand = .offered(secret)
        }
        return .token(
            DataShare.TokenUse(
                lease: tokens.lease(of: found.share.id, place: found.place), demand: demand,
                endPoint: endPoint, way: SignedWay(dialect, in: generation(for: dialect))))
    }

    /// The `Authorization` of the permanent secret: `Bearer` in the new form of `protocol`, the user of
    /// Basic in the deprecated one (`protocol.md` 5), and for Nextcloud, which writes both forms into one
    /// share and takes nothing but access tokens as `Bearer` (`legacy-wire.md` 5.5).
    private func secretField(
        of found: FoundAccess, at peer: ResolvedPeer
    ) throws(Denial) -> Secret {
        let isBasic = found.access.uri == nil || peer.document?.nextcloudMajor != nil
        return DAVCredential.field(
            for: try permanentSecret(of: found.share, at: found.place), isBasic ? .basic : .bearer)
    }

    private func facts(
        _ found: FoundAccess?, at peer: ResolvedPeer, data: PeerHost
    ) -> Facts {
        var facts = Facts(Occasion(.webdav, .outbound), peer: peer.peer, now: 0)
        if data != peer.peer { facts.alsoNamed = [data] }
        facts.know(peer, pins: pins)
        if let found { facts.fill(from: found, ours: site.hosts) }
        facts.protocols = ["webdav"]
        guard let share = found?.share else { return facts }
        if let local = share.receiver {
            let people = [share.senderAddress, share.ownerAddress].compactMap { $0 }
            facts.invite = invite(between: local, andFirstOf: people, at: peer.peer)
        }
        return facts
    }

    /// Seconds for which what was worked out is used.
    private static let freshness = 60
}

extension FoundAccess {
    /// The host that its URI names.
    fileprivate var dataHost: PeerHost? { access.uri.flatMap { URLParts($0)?.host } }
}
