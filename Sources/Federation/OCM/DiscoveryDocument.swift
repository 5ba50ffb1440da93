/// What a server says of itself at `/.well-known/ocm` or `/ocm-provider/`, in any of its forms.
///
/// Reading is generous: a member of an unexpected type counts as absent and is named in `oddities`,
/// since the documents of the field have lists where objects belong and the other way round.
package struct DiscoveryDocument: Sendable, Equatable {
    /// The members as they were read.
    package let source: JSONObject
    package let isEnabled: Bool
    /// `apiVersion`, frozen at `1.0-proposal1` by Nextcloud.
    package let apiVersion: String?
    /// The true version, when `version` names one.
    package let version: String?
    /// The base of the OCM API, without a slash at its end.
    package let endPoint: String
    package let endPointParts: URLParts
    package let provider: String?
    /// What the server calls itself, for the policy: `nextcloud 33.0.3`, in lower case; nil when it
    /// names no `provider`.
    package let software: String?
    package let resourceTypes: [ResourceType]
    /// True when the list was called `shareTypes`, as ownCloud calls it.
    package let listsShareTypes: Bool
    package let capabilities: Set<Capability>
    package let criteria: Set<Criterion>
    /// Whether `capabilities` or `criteria` name signatures by the word of RFC 9421's drafts; the older
    /// `http-request-signatures` is said by servers that take draft-cavage alone, too.
    let namesHTTPSig: Bool
    package let tokenEndPoint: URLParts?
    package let jwksURI: URLParts?
    /// Keys for draft-cavage, from `publicKey` and `publicKeys`.
    package let signatureKeys: [SignatureKey]
    package let inviteAcceptDialog: String?
    /// What did not look as it should, in words, for `discover`.
    package let oddities: [String]

    /// A kind of resource that the server shares or takes.
    package struct ResourceType: Sendable, Equatable {
        package let name: String
        package let shareTypes: [String]
        /// Values are a path, or an object in newer drafts.
        package let protocols: JSONObject
    }

    /// A key as the document carries it; not yet parsed.
    package struct SignatureKey: Sendable, Equatable {
        package let keyId: String?
        package let pem: String
        package let algorithm: String?
    }

    /// What a server can do; the spellings of all drafts fall together.
    package enum Capability: String, Sendable, CaseIterable {
        case httpSig = "http-sig"
        case exchangeToken = "exchange-token"
        case invites
        case inviteWayf = "invite-wayf"
        case notifications
        case shares
        case protocolObject = "protocol-object"
        case webdavURI = "webdav-uri"
        case enforceMFA = "enforce-mfa"
        case journaling
    }

    /// What a server demands.
    package enum Criterion: String, Sendable, CaseIterable {
        case mustUseHTTPSig = "must-use-http-sig"
        case mustExchangeToken = "must-exchange-token"
        case mustInvite = "must-invite"
        case allowlist, denylist
    }

    /// True when the document shows a key or says `http-sig`: such a peer must sign.
    package var advertisesSignatures: Bool {
        capabilities.contains(.httpSig) || criteria.contains(.mustUseHTTPSig) || jwksURI != nil
            || !signatureKeys.isEmpty
    }

    /// True when the server can exchange codes: it names the capability and the endpoint.
    package var exchangesTokens: Bool {
        capabilities.contains(.exchangeToken) && tokenEndPoint != nil
    }

    var hasSignatureKey: Bool { !signatureKeys.isEmpty }

    /// False where one object stands in the place of the list of types, as Seafile writes it to 11.
    var listsResourceTypes: Bool { source["resourceTypes"]?.array != nil }

    /// True when the version is one whose servers take `multi` bodies (1.1 on, Nextcloud apart).
    var speaksMulti: Bool {
        nextcloudMajor == nil && !hasSignatureKey
            && apiVersion.map { $0 != "1.0-proposal1" } == true
    }

    /// True when it shows nothing that servers have not shown that read the deprecated `protocol` alone.
    var isOfOldServers: Bool {
        !isModern && apiVersion.map { $0 == "1.0-proposal1" } != false
    }

    /// 33 for `Nextcloud 33.0.3.2`.
    package var nextcloudMajor: Int? {
        guard let provider, provider.hasPrefix("Nextcloud ") else { return nil }
        return provider.dropFirst(10).split(separator: ".").first.flatMap { Int($0) }
    }

    /// `protocols.webdav` of the first resource type that has one, as a path with a slash at both
    /// ends.
    package var webdavPath: String? { webdavPath(for: "file") }

    /// The WebDAV prefix of shares of a type, else of any; nil when the document names none.
    package func webdavPath(for resourceType: String) -> String? {
        let types =
            resourceTypes.filter { $0.name == resourceType }
            + resourceTypes.filter { $0.name != resourceType }
        return types.lazy.compactMap { Self.path(of: $0.protocols["webdav"]) }.first
    }

    /// The sub-folder that the server lives in, from its `endPoint`; empty for none, and where the
    /// `endPoint` is on another host than the server.
    func folder(at host: PeerHost) -> String {
        endPointParts.host == host
            ? RouteTable.base(of: endPointParts.path.withoutEndSlashes) : ""
    }

    /// The page on which people of the server accept an invitation, as a URL: browsers go there, past the gateway.
    /// Nil: none, one without TLS, and another scheme.
    package func inviteDialog(at host: PeerHost) -> String? {
        guard let link = inviteAcceptDialog, !link.isEmpty else { return nil }
        if let url = URLParts(link) { return url.scheme == .https ? link : nil }
        guard !link.contains("://") else { return nil }
        return host.origin + (link.hasPrefix("/") ? "" : "/") + link
    }

    /// `protocols.webdav` as the path of shared data at the server: Nextcloud and ownCloud leave out
    /// the sub-folder that they live in, and their readers put it before.
    package func webdavRoot(for resourceType: String, at host: PeerHost) -> String? {
        webdavPath(for: resourceType).map { path in
            path.hasPrefix("/public.php/") ? folder(at: host) + path : path
        }
    }

    /// Seafile writes the path without its first slash, the reva family without its last.
    static func path(of value: JSONValue?) -> String? {
        guard let text = value?.string ?? value?.object?["uri"]?.string, !text.isEmpty,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        let path = URLParts(text)?.path ?? text
        return (path.hasPrefix("/") ? "" : "/") + path + (path.hasSuffix("/") ? "" : "/")
    }
}
