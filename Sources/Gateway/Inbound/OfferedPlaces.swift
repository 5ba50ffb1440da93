import Federation
import Transport

/// An offered share whose ways lead to the side that offers it.
enum OfferedShare {
    case asSent(Share)
    /// Ways that lead elsewhere were left out of it.
    case cut(Share)
}

/// The places that an offer names, for a backend that goes where they lead.
///
/// What it dials there need not come by us: no proxy is asked for `http://` where it knows one for https alone,
/// nor for the names and addresses that `NO_PROXY` holds. So an offer may name places of its own side only, in
/// profile `observe` too.
extension Gateway {
    /// A share as far as its ways lead to the side that offers it.
    ///
    /// Refused: what ``waysElsewhere(_:owner:_:)`` refuses, and a share of which no way is left
    /// (`protocol_not_supported`).
    func offered(_ share: Share, _ verified: Verified) throws(Denial) -> OfferedShare {
        let elsewhere = try waysElsewhere(share.protocols, owner: share.owner.host, verified)
        guard !elsewhere.isEmpty else { return .asSent(share) }
        guard elsewhere.count < share.protocols.count else {
            throw Denial(
                .protocolNotSupported,
                "no way to the share at its sender, and no data to fetch at a host of egress.other")
        }
        return .cut(try share.without(elsewhere))
    }

    /// The names of the ways to a share, beside that over WebDAV, that lead elsewhere than to the side that
    /// offers it: `webapp`, which people would be led to, and `datatx`, from which data would be fetched; and
    /// `embedded`, where it has data fetched from elsewhere than ``mayBeFetched(_:)`` lets.
    ///
    /// Refused (`protocol_not_supported`, and what refuses a host that a peer names): data over WebDAV elsewhere.
    ///
    /// - Parameter owner: the host of the share's owner.
    func waysElsewhere(
        _ ways: [ShareProtocol], owner: PeerHost?, _ verified: Verified
    ) throws(Denial) -> [String] {
        guard backend.view.backend.looksAtURIs else { return [] }
        guard let peer = verified.peer else {
            guard ways.allSatisfy(\.places.isEmpty) else {
                throw Denial(.protocolNotSupported, "a way to a share in nobody's name")
            }
            return []
        }
        let side = OfferingSide(
            peer: peer, owner: owner, endPoint: verified.document?.endPointParts.host)
        var elsewhere: [String] = []
        for way in ways {
            switch way.name {
            case "webdav": for uri in way.places { try checkData(uri, side) }
            case "webapp", "datatx":
                if !way.places.allSatisfy({ leads($0, to: side) }) { elsewhere.append(way.name) }
            case "embedded":
                if !way.places.allSatisfy(mayBeFetched) { elsewhere.append(way.name) }
            default: break
            }
        }
        return elsewhere
    }

    /// Refused: a URI that is not followed, and one that leads elsewhere.
    private func checkData(_ uri: String, _ side: OfferingSide) throws(Denial) {
        // To a reader that joins URIs they name another host, or a scheme (RFC 3986, section 4.2).
        guard !uri.hasPrefix("//"), URLParts(uri) != nil || !Self.hasScheme(uri) else {
            throw Denial(.protocolNotSupported, "the URI of the share is neither https nor a path")
        }
        let (written, _) = try place(ofData: uri, at: side.peer, prefix: nil)
        try check(written.host, side)
    }

    private static func hasScheme(_ uri: String) -> Bool {
        uri.utf8.first { ":/?#".utf8.contains($0) } == UInt8(ascii: ":")
    }

    /// Whether what people open, or data are fetched from, is of the offering side. It may have a query and a
    /// fragment, and be relative for a backend of a kind that we do not know.
    private func leads(_ uri: String, to side: OfferingSide) -> Bool {
        guard let url = URLParts(uri.prefix { $0 != "#" }) else {
            return backend.view.backend.kind == .generic && (try? checkData(uri, side)) != nil
        }
        // A page at this site would be one of its own to the browser.
        return url.scheme == .https && !site.hosts.contains(url.host)
            && (try? check(url.host, side)) != nil
    }

    /// Whether the backend may fetch embedded data there: over https at a host that `egress.other` names.
    ///
    /// Such data are third parties' by their nature, and the backend follows where these redirect to, also to
    /// this machine. So the operator has to know the host, whoever names it, and `tunnel` does not mean it.
    private func mayBeFetched(_ uri: String) -> Bool {
        guard let url = URLParts(uri.prefix { $0 != "#" }) else { return false }
        return url.scheme == .https && isNameOfAPeer(url.host)
            && !site.hosts.contains { $0.name == url.host.name } && gate?.names(url.host) == true
    }

    /// Refused: a host that is not of the offering side, an address, a name that means something only on this
    /// machine or in its network, this site for a share of another's, and what ``admit(_:namedBy:_:)`` refuses.
    private func check(_ host: PeerHost, _ side: OfferingSide) throws(Denial) {
        guard side.has(host) else {
            throw Denial(.protocolNotSupported, "a share of \(side.peer) with data at \(host)")
        }
        guard isNameOfAPeer(host) else {
            throw Denial(.protocolNotSupported, "data at \(host), which is no name of a peer")
        }
        guard host != side.peer else { return }
        let isHere = site.hosts.contains { $0.name == host.name }
        guard !isHere || site.hosts.contains(host) && host == side.owner else {
            throw Denial(.protocolNotSupported, "data of \(side.peer) at this site itself")
        }
        try admit(host, namedBy: side.peer, policy.current)
    }

    /// Whether a server may be asked for by this name, as the way out judges it, and not this machine (RFC 6761,
    /// section 6.3), for which no proxy is asked.
    private func isNameOfAPeer(_ host: PeerHost) -> Bool {
        guard host.name != "localhost", !host.name.hasSuffix(".localhost") else { return false }
        guard host.kind == .name, let authority = try? Authority(host.description) else {
            return false
        }
        let outbound = configuration.outbound
        return outbound.resolve[Authority(host: authority.host, port: host.connectPort)] != nil
            || AddressGuard(allowing: outbound.allowPrivate).judge(authority.host) == .allowed
    }
}

/// The hosts where the data of an offer may be.
private struct OfferingSide {
    /// Who sends it.
    let peer: PeerHost
    /// Of whom the share is: the newer shapes let either serve the data.
    let owner: PeerHost?
    /// Where the peer's own document has its API: the host of its server, where its people have another in
    /// their addresses.
    let endPoint: PeerHost?

    func has(_ host: PeerHost) -> Bool {
        host == peer || host == owner || host == endPoint
    }
}
