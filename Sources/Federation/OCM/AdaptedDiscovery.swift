/// What the backend is told of a peer at the places where servers look for discovery: a document of
/// the backend's own age, whatever the peer publishes, and the one of the older federation API.
///
/// The backend reads of a peer only what it can do something with: the gateway signs, exchanges
/// tokens and translates in its place, so keys, token endpoint and the criteria for these are left
/// out (`protocol.md` 9.1, `legacy-wire.md` 1).
package struct AdaptedDiscovery: Sendable, Equatable {
    /// The body for `/.well-known/ocm`, `/ocm-provider` and all their spellings.
    package let document: [UInt8]
    /// The body for `/ocs-provider/`: Nextcloud to 26 takes the place of shared data from here.
    package let ocsProvider: [UInt8]

    /// - Parameters:
    ///   - paths: those that the backend is told.
    ///   - document: the peer's own; nil when it publishes none.
    ///   - signatureKey: the key with which the gateway signs what it hands to a backend that
    ///     verifies (draft-cavage); nil to show the peer's own.
    package init(
        _ paths: PeerPaths, _ document: DiscoveryDocument?, for backend: Backend,
        signatureKey: ServedDiscovery.SignatureKey? = nil
    ) {
        let words = AdaptedWords(paths: paths, peer: document, backend: backend)
        var members: [(String, JSONValue)] = [("enabled", .bool(true))]
        members += words.versions
        members.append(("endPoint", .string(paths.origin + paths.endPoint)))
        if backend.readsMoreThanPaths {
            if let key = signatureKey ?? document?.readableKey, backend.kind == .nextcloud {
                members.append(("publicKey", key.value))
            }
            if let provider = document?.provider {
                members.append(("provider", .string(provider)))
            }
        }
        members.append((backend.kind.nameOfTypes, .array(words.resourceTypes)))
        if backend.readsMoreThanPaths { members += words.abilities }
        self.document = JSONValue.object(members).serialized()
        ocsProvider = OCSProviderDocument.served(webdav: paths.webdav, api: .open)
    }
}

/// The parts of a document.
private struct AdaptedWords {
    let paths: PeerPaths
    let peer: DiscoveryDocument?
    let backend: Backend

    /// Nextcloud to 26 takes only `1.0-proposal1`, to 30 that, 1.0 and 1.1; from 31 on it prefers
    /// `version`.
    var versions: [(String, JSONValue)] {
        let frozen = "1.0-proposal1"
        let own = peer?.version ?? peer?.apiVersion
        let current = own == nil || own == frozen ? "1.1.0" : own ?? "1.1.0"
        switch (backend.kind, backend.age) {
        case (.nextcloud, .old), (.owncloud10, _), (.seafile, _):
            return [("apiVersion", .string(frozen))]
        case (.nextcloud, _), (.generic, .old), (.generic, .middle):
            return [("apiVersion", .string(frozen)), ("version", .string(current))]
        case (.ocis, _), (.opencloud, _), (.cernbox, _), (.generic, .current):
            return [("apiVersion", .string(current))]
        }
    }

    /// Files at the path that the backend is told; other types as the peer has them, where the
    /// backend has applications of its own for them (Talk, calendars), and for CERNBox, which from 3.11 on
    /// takes no share of a type that its sender does not name.
    var resourceTypes: [JSONValue] {
        var types = backend.kind.fileTypes.map { name in
            type(name, JSONObject([("webdav", .string(webdav))]), shareTypes(of: name))
        }
        guard backend.kind.readsOtherTypes else { return types }
        for other in peer?.resourceTypes ?? [] where !["file", "folder"].contains(other.name) {
            let ways = other.protocols.members.compactMap { way in
                told(way.value).map { (way.name, $0) }
            }
            types.append(type(other.name, JSONObject(ways), other.shareTypes))
        }
        return types
    }

    /// A way to another type. CERNBox only looks whether it is there; to 3.10 anything but a text ends
    /// its discovery.
    private func told(_ way: JSONValue) -> JSONValue? {
        if way.string != nil { return way }
        return backend.kind == .cernbox && way.object != nil ? .string("") : nil
    }

    /// The reva family writes it without a slash at its end, and joins paths itself.
    private var webdav: String {
        backend.kind.readsAnyPath ? paths.webdav.withoutEndSlashes : paths.webdav
    }

    private func shareTypes(of name: String) -> [String] {
        let types = peer?.resourceTypes ?? []
        let own = types.first { $0.name == name } ?? types.first { $0.name == "file" }
        guard let words = own?.shareTypes, !words.isEmpty else { return ["user"] }
        return words
    }

    private func type(
        _ name: String, _ protocols: JSONObject, _ shareTypes: [String]
    ) -> JSONValue {
        var members: [(String, JSONValue)] = [("name", .string(name))]
        if backend.kind != .owncloud10 {
            members.append(("shareTypes", .array(shareTypes.map { .string($0) })))
        }
        members.append(("protocols", .object(protocols)))
        return .object(members)
    }

    var abilities: [(String, JSONValue)] {
        var members: [(String, JSONValue)] = []
        var capabilities = ["notifications", "shares"]
        let offered = peer?.capabilities ?? []
        if offered.contains(.invites) { capabilities.append(backend.kind.wordForInvites) }
        if offered.contains(.inviteWayf) { capabilities.append("invite-wayf") }
        members.append(("capabilities", .array(capabilities.map { .string($0) })))
        if peer?.criteria.contains(.mustInvite) == true {
            members.append(("criteria", .array([.string("must-invite")])))
        }
        if let url = peer?.inviteDialog(at: paths.peer) {
            members.append(("inviteAcceptDialog", .string(url)))
        }
        return members
    }
}

extension DiscoveryDocument {
    /// The peer's key for draft-cavage in the one form that does not end discovery in Nextcloud 31
    /// to 33.
    fileprivate var readableKey: ServedDiscovery.SignatureKey? {
        signatureKeys.lazy.compactMap { key in
            key.keyId.flatMap { ServedDiscovery.SignatureKey(keyId: $0, pem: key.pem) }
        }.first
    }
}

extension ServedDiscovery.SignatureKey {
    /// `{"keyId", "publicKeyPem"}`
    var value: JSONValue {
        .object([("keyId", .string(keyId)), ("publicKeyPem", .string(pem))])
    }
}

extension Backend {
    /// Old servers take the place of the API and of the data from the document, and no more.
    fileprivate var readsMoreThanPaths: Bool {
        switch (kind, age) {
        case (.nextcloud, .old), (.owncloud10, _), (.seafile, _): false
        case (.nextcloud, _), (.ocis, _), (.opencloud, _), (.cernbox, _), (.generic, _): true
        }
    }
}

extension BackendKind {
    fileprivate var nameOfTypes: String { self == .owncloud10 ? "shareTypes" : "resourceTypes" }

    /// CERN's reva looks for the type of the share by its name.
    fileprivate var fileTypes: [String] { isReva ? ["file", "folder"] : ["file"] }

    fileprivate var readsOtherTypes: Bool {
        switch self {
        case .nextcloud, .cernbox, .generic: true
        case .owncloud10, .ocis, .opencloud, .seafile: false
        }
    }

    fileprivate var wordForInvites: String {
        self == .nextcloud ? "invite-accepted" : "invites"
    }
}
