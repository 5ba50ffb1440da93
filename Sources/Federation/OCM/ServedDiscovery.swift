/// The discovery document as the gateway serves it: the backend's own, moved to the public origin
/// and with what the gateway adds.
///
/// The same bytes go to every peer on every spelling of the path; `protocol.md` 9.1 says which
/// client needs what.
package struct ServedDiscovery: Sendable {
    /// `https://host[:port]` of the site, without a slash.
    package var origin: String
    /// The same of the name that is asked, where that is another: peers look for the gateway below it.
    package var asked: String?
    package var provider: String
    package var criteria: [DiscoveryDocument.Criterion]
    /// Whether we verify signatures by RFC 9421: who is told so signs by that alone.
    package var verifiesRFC9421: Bool
    /// A path on the origin.
    package var tokenPath: String
    /// The RSA key of draft-cavage; its `keyId` must be an https URL.
    package var signatureKey: SignatureKey?
    /// Which members of the backend's document are taken over.
    package var fromBackend: Set<BackendMember>
    /// The host at which the gateway reaches the backend, where it has one, and the one that it sees.
    package var backend: [PeerHost]

    /// The member `publicKey`, for draft-cavage.
    package struct SignatureKey: Sendable, Equatable {
        package let keyId: String
        package let pem: String

        /// nil unless `keyId` is an https URL: any other form ends discovery in Nextcloud 31 to 33.
        package init?(keyId: String, pem: String) {
            guard keyId.hasPrefix("https://") else { return nil }
            self.keyId = keyId
            self.pem = pem
        }
    }

    /// What of the backend's own document may be served as it is.
    package enum BackendMember: String, Sendable, CaseIterable {
        case resourceTypes, inviteAcceptDialog
    }

    /// What we speak ourselves, beside the frozen `apiVersion`: `jwksUri` came with 1.4.
    private static let version = "1.4.0"
    /// Where the gateway's key set is, on the origin.
    package static let jwksPath = "/ocm/jwks"

    package init(
        origin: String, provider: String, criteria: [DiscoveryDocument.Criterion] = [],
        verifiesRFC9421: Bool = true, tokenPath: String = "/ocm/token",
        signatureKey: SignatureKey? = nil,
        fromBackend: Set<BackendMember> = Set(BackendMember.allCases), backend: [PeerHost] = []
    ) {
        self.origin = origin
        self.provider = provider
        self.criteria = criteria
        self.verifiesRFC9421 = verifiesRFC9421
        self.tokenPath = tokenPath
        self.signatureKey = signatureKey
        self.fromBackend = fromBackend
        self.backend = backend
    }

    /// The body to serve.
    ///
    /// - Parameter document: the backend's; nil while it could not be fetched, then what its kind is
    ///   known to say.
    package func document(for kind: BackendKind, _ document: DiscoveryDocument?) -> [UInt8] {
        let path = document?.endPointParts.path ?? kind.usualEndPoint
        let origin = asked ?? origin
        var members: [(String, JSONValue)] = [
            ("enabled", .bool(true)),
            // Nextcloud to 26 takes exactly this text, 27 to 30 little more.
            ("apiVersion", .string("1.0-proposal1")),
            ("version", .string(Self.version)),
            ("endPoint", .string(origin + path.withoutEndSlashes)),
            ("provider", .string(provider)),
        ]
        let types = resourceTypes(kind, document)
        members.append(("resourceTypes", .array(types)))
        if kind == .owncloud10 || document?.listsShareTypes == true {
            members.append(("shareTypes", .array(types)))
        }
        members.append(("capabilities", .array(capabilities(document).map { .string($0) })))
        let criteria = criteria.filter { verifiesRFC9421 || $0 != .mustUseHTTPSig }
        if !criteria.isEmpty {
            members.append(("criteria", .array(criteria.map { .string($0.rawValue) })))
        }
        members.append(("tokenEndPoint", .string(origin + tokenPath)))
        members.append(("jwksUri", .string(origin + Self.jwksPath)))
        if let signatureKey {
            members.append(("publicKey", signatureKey.value))
        }
        if fromBackend.contains(.inviteAcceptDialog), let document,
            let dialog = document.inviteAcceptDialog.flatMap({ moved($0, from: document) })
        {
            members.append(("inviteAcceptDialog", .string(dialog)))
        }
        return JSONValue.object(members).serialized()
    }

    /// A path, or a URL of the backend, as a URL of the site; one at another host, as of a user interface
    /// with a host of its own, as it is. Nil: one of those without TLS.
    private func moved(_ link: String, from document: DiscoveryDocument) -> String? {
        guard let parts = URLParts(link) else {
            return origin + (link.hasPrefix("/") ? "" : "/") + link
        }
        return names(document).moved(link) ?? (parts.scheme == .https ? link : nil)
    }

    private func names(_ document: DiscoveryDocument?) -> OwnNames {
        OwnNames(origin: origin, backend: backend, document: document)
    }

    private func capabilities(_ document: DiscoveryDocument?) -> [String] {
        var all = document?.capabilities ?? []
        // The gateway serves the message endpoints of every backend that has them at all.
        // Its shapes of a share are translated too.
        all.formUnion([.httpSig, .exchangeToken, .notifications, .protocolObject])
        if !verifiesRFC9421 { all.remove(.httpSig) }
        return DiscoveryDocument.Capability.allCases.filter { all.contains($0) }.flatMap {
            // Nextcloud knows the older word alone, and accepts no invitation without it.
            $0 == .invites ? [$0.rawValue, "invite-accepted"] : [$0.rawValue]
        }
    }

    private func resourceTypes(_ kind: BackendKind, _ document: DiscoveryDocument?) -> [JSONValue] {
        guard fromBackend.contains(.resourceTypes), let types = document?.resourceTypes,
            !types.isEmpty
        else {
            let protocols = JSONObject([("webdav", .string(kind.usualWebDAV))])
            return kind.sharedTypes.map { resourceType($0, ["user"], protocols) }
        }
        let names = names(document)
        return Self.whole(types, kind).map { type in
            var protocols = type.protocols
            if let text = protocols["webdav"]?.string {
                protocols["webdav"] = .string(DiscoveryDocument.path(of: .string(text)) ?? text)
            }
            for way in protocols.members where Self.isUntrue(way.name, way.value, of: kind) {
                protocols[way.name] = nil
            }
            return resourceType(
                type.name, type.shareTypes.isEmpty ? ["user"] : type.shareTypes,
                names.withoutInner(names.moved(protocols)))
        }
    }

    /// Whether a way that the backend names is none through the gateway.
    private static func isUntrue(
        _ name: String, _ value: JSONValue, of kind: BackendKind
    ) -> Bool {
        switch name.lowercased() {
        // The reva family takes the place of the data from the share itself. Where `absolute` is said,
        // opencloudmesh-go names a place at the receiver's own host.
        // Relative URIs are completed for the backend, so nothing has to be said.
        case "webdav-receive": kind.isReva
        // In this form it opens by tokens, which are good for WebDAV alone (`docs/decisions/0002`).
        case "webapp": value.object != nil
        case "webapp-receive": true
        case _: false
        }
    }

    /// With every type of files that peers are told of, and WebDAV in each: most backends name `file` alone,
    /// an application may name `folder` for its own way, and CERNBox from 3.11 on takes no share of a type and
    /// a way that its sender's document does not name.
    private static func whole(
        _ types: [DiscoveryDocument.ResourceType], _ kind: BackendKind
    ) -> [DiscoveryDocument.ResourceType] {
        guard let file = types.first(where: { $0.name == "file" }) else { return types }
        let missing = kind.sharedTypes.filter { name in !types.contains { $0.name == name } }
        let named = types.map { type in
            guard type.protocols["webdav"] == nil, kind.sharedTypes.contains(type.name) else {
                return type
            }
            var protocols = type.protocols
            protocols["webdav"] = file.protocols["webdav"]
            return DiscoveryDocument.ResourceType(
                name: type.name, shareTypes: type.shareTypes, protocols: protocols)
        }
        return named
            + missing.map {
                DiscoveryDocument.ResourceType(
                    name: $0, shareTypes: file.shareTypes, protocols: file.protocols)
            }
    }

    private func resourceType(
        _ name: String, _ shareTypes: [String], _ protocols: JSONObject
    ) -> JSONValue {
        .object([
            ("name", .string(name)),
            ("shareTypes", .array(shareTypes.map { .string($0) })),
            ("protocols", .object(protocols)),
        ])
    }
}

extension BackendKind {
    /// The path of the OCM API that this kind is known to have.
    package var usualEndPoint: String {
        switch self {
        case .nextcloud, .ocis, .opencloud, .cernbox, .generic: "/ocm"
        case .owncloud10: "/apps/federatedfilesharing"
        case .seafile: "/ocm-via-webdav"
        }
    }

    /// What its shares of files are called to peers. Where the backend itself calls folders files, the gateway
    /// does not, to who takes the word for it.
    fileprivate var sharedTypes: [String] {
        switch self {
        case .nextcloud, .owncloud10, .ocis, .opencloud, .cernbox, .seafile: ["file", "folder"]
        case .generic: ["file"]
        }
    }

    /// The WebDAV path that this kind is known to have, with a slash at both ends.
    package var usualWebDAV: String {
        switch self {
        case .nextcloud, .owncloud10, .generic: "/public.php/webdav/"
        case .ocis, .opencloud: "/dav/ocm/"
        case .cernbox: "/remote.php/dav/ocm/"
        case .seafile: "/seafdav/"
        }
    }

    /// The path of the WebDAV root from what the document says of it: Nextcloud and ownCloud leave out
    /// the sub-folder that they live in.
    ///
    /// - Parameters:
    ///   - path: without a slash at its end.
    ///   - endPoint: the path of the OCM API.
    package func webdavRoot(_ path: String, endPoint: String) -> String {
        switch self {
        case .nextcloud, .owncloud10: break
        case .ocis, .opencloud, .cernbox, .seafile, .generic: return path
        }
        let folder = RouteTable.base(of: endPoint)
        return path.hasPrefix(folder + "/") ? path : folder + path
    }

    /// Where this kind is asked for its discovery document, the likelier path first.
    package var discoveryPaths: [String] {
        switch self {
        case .nextcloud:
            [
                "/index.php/.well-known/ocm", "/ocm-provider/", "/index.php/ocm-provider/",
                "/.well-known/ocm",
            ]
        case .owncloud10: ["/ocm-provider/", "/index.php/ocm-provider/"]
        case .ocis, .opencloud, .cernbox: ["/.well-known/ocm"]
        case .seafile: ["/ocm-provider/"]
        case .generic: ["/.well-known/ocm", "/ocm-provider/", "/index.php/.well-known/ocm"]
        }
    }
}
