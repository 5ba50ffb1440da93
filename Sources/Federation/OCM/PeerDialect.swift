/// How to speak to one peer: what its servers read, how they verify, how they reach data.
///
/// Taken from its discovery document and from what was learned of it; what cannot be seen there is
/// written as every generation reads it.
package struct PeerDialect: Sendable, Equatable {
    /// The program that reads alike: a message that is good for it is good for the peer.
    package let reader: Backend
    /// The generation to sign in; the gateway signs everything (settled questions, 13).
    package let signatures: SignatureGeneration
    package let verification: Verification
    /// Whether it looks at signatures in the generation that is sent: `signature.send` may name one that the peer
    /// does not know.
    package let verificationOfSent: Verification
    /// What to sign in when the peer refuses `signatures` and says that it is for the signature;
    /// nil when its document names no other way.
    package let otherSignatures: SignatureGeneration?
    /// The shape of `protocol` to write: `legacy` or `multi`.
    package let shape: ProtocolShape
    package let addressForm: AddressForm
    /// As the receiver of our shares.
    package let exchange: TokenExchange
    /// Where it exchanges codes of shares that it sends; nil when it does not.
    package let tokenEndPoint: URLParts?
    package let uris: URIForm
    package let permissions: PermissionWords
    package let invites: Invites

    /// Whether a peer looks at signatures.
    package enum Verification: Sendable, Equatable {
        /// It publishes keys, or has signed or verified before.
        case verifies
        /// Nothing says that it looks at signatures.
        case unknown
    }

    /// Whether the peer, receiving a share, exchanges its code for tokens (`protocol.md` 5).
    package enum TokenExchange: Sendable, Equatable {
        /// `must-exchange-token`: every protocol of a share must demand it.
        case demanded
        case offered
        case none
    }

    /// How the place of the data is written in `webdav.uri`.
    package enum URIForm: Sendable, Equatable {
        /// A name below our own WebDAV prefix (`webdav-receive: {"uri": "relative"}`).
        case relative
        case absolute
    }

    /// What may stand in `permissions`.
    package enum PermissionWords: Sendable, Equatable {
        /// `read`, `write`, `share`.
        case all
        /// opencloudmesh-go refuses a share that says more than `read`.
        case readOnly
    }

    /// Whether the peer takes shares without an accepted invitation.
    package enum Invites: Sendable, Equatable {
        case demanded
        case notDemanded
    }

    /// What earlier messages showed.
    package struct Learned: Sendable, Equatable {
        /// The newest generation in which the peer has signed.
        package var signed: SignatureGeneration
        /// The newest generation that the peer accepted from us while it verified.
        package var accepted: SignatureGeneration

        package init(signed: SignatureGeneration = .none, accepted: SignatureGeneration = .none) {
            self.signed = signed
            self.accepted = accepted
        }
    }

    /// Which generations may be sent (`signature.send`).
    package enum Sending: String, Sendable, CaseIterable {
        /// Each peer's newest.
        case learn
        case rfc9421
        case cavage
    }

    /// - Parameter document: the peer's own; nil when it publishes none, then only what every
    ///   generation reads is sent.
    package init(
        _ document: DiscoveryDocument?, _ learned: Learned = Learned(), sending: Sending = .learn
    ) {
        reader = Backend(reading: document)
        shape = Self.shape(reader)
        addressForm = reader.addressForm
        exchange = Self.exchange(document)
        tokenEndPoint = document.flatMap { $0.exchangesTokens ? $0.tokenEndPoint : nil }
        uris = Self.uris(document)
        permissions = document?.isOpenCloudMeshGo == true ? .readOnly : .all
        invites = document?.criteria.contains(.mustInvite) == true ? .demanded : .notDemanded
        let isKnown = learned.signed > .none || learned.accepted > .none
        verification = isKnown || document?.advertisesSignatures == true ? .verifies : .unknown
        signatures = Self.signatures(document, learned, sending)
        verificationOfSent =
            Self.knows(sending, document, learned) ? verification : .unknown
        otherSignatures = Self.other(than: signatures, document, sending)
    }

    /// Whether the peer shows that it knows the generation that is always sent. Its own newest it knows; that it
    /// took another one says nothing, since who does not know it ignores it.
    private static func knows(
        _ sending: Sending, _ document: DiscoveryDocument?, _ learned: Learned
    ) -> Bool {
        switch sending {
        case .learn: true
        case .rfc9421: document?.showsKeySet == true || learned.signed >= .label
        case .cavage: document?.hasSignatureKey == true || learned.signed == .cavage
        }
    }

    private static func signatures(
        _ document: DiscoveryDocument?, _ learned: Learned, _ sending: Sending
    ) -> SignatureGeneration {
        switch sending {
        case .rfc9421: return .tag
        case .cavage: return .cavage
        case .learn: break
        }
        // What is sent satisfies both forms of RFC 9421, label and tag.
        if learned.signed >= .label || learned.accepted >= .label { return .tag }
        guard let document, document.hasSignatureKey, !document.showsKeySet else { return .tag }
        return .cavage
    }

    private static func other(
        than generation: SignatureGeneration, _ document: DiscoveryDocument?, _ sending: Sending
    ) -> SignatureGeneration? {
        guard let document, sending == .learn else { return nil }
        switch generation {
        case .cavage: return document.showsKeySet ? .tag : nil
        case .label, .tag: return document.hasSignatureKey ? .cavage : nil
        case .none: return nil
        }
    }

    private static func shape(_ reader: Backend) -> ProtocolShape {
        switch reader.age {
        case .current: .multi
        case .old, .middle: .legacy
        }
    }

    private static func exchange(_ document: DiscoveryDocument?) -> TokenExchange {
        guard let document else { return .none }
        if document.criteria.contains(.mustExchangeToken) { return .demanded }
        return document.capabilities.contains(.exchangeToken) ? .offered : .none
    }

    private static func uris(_ document: DiscoveryDocument?) -> URIForm {
        let words = (document?.resourceTypes ?? []).compactMap {
            $0.protocols["webdav-receive"]?.object?["uri"]?.string
        }
        return words.first == "relative" ? .relative : .absolute
    }
}

extension PeerDialect {
    /// What becomes of a notification for the peer. A server of the reva family that verifies signatures
    /// is a gateway in front of one: it has to hear what it then takes itself. Nextcloud verifies too, and
    /// refuses new permissions as opencloudmesh-go does.
    package func handling(of type: Notification.Kind) -> Backend.NotificationHandling {
        switch (verification, type) {
        case (_, .shareChangePermission)
        where reader.kind == .nextcloud || permissions == .readOnly:
            .acknowledge
        case (.verifies, _): .forward
        case (.unknown, _): reader.handling(of: type)
        }
    }
}

extension DiscoveryDocument {
    /// True when the keys of RFC 9421 are to be found: their place or the capability is named. Beside
    /// a `publicKey` the older word for it is about that key.
    var showsKeySet: Bool {
        if jwksURI != nil || namesHTTPSig { return true }
        return !hasSignatureKey
            && (capabilities.contains(.httpSig) || criteria.contains(.mustUseHTTPSig))
    }

    var isOpenCloudMeshGo: Bool { provider == "OpenCloudMesh" }
}

extension Backend {
    /// The program whose habits of reading fit a peer's document.
    ///
    /// A gateway like this one, whatever it protects, shows what a modern server shows and is taken
    /// for one: it translates for its own backend.
    package init(reading document: DiscoveryDocument?) {
        guard let document else {
            self.init(kind: .generic, age: .middle)
            return
        }
        let kind: BackendKind
        let path = document.endPointParts.path
        if document.nextcloudMajor != nil {
            kind = .nextcloud
        } else if let reva = document.revaKind {
            kind = reva
        } else if document.isModern {
            self.init(kind: .generic, age: .current)
            return
        } else if path.contains("/ocm-via-webdav") || path.contains("/api/v2.1/ocm") {
            kind = .seafile
        } else if document.listsShareTypes || path.hasSuffix("/apps/federatedfilesharing") {
            kind = .owncloud10
        } else {
            kind = .nextcloud
        }
        self.init(kind: kind, document: document)
    }
}

extension DiscoveryDocument {
    /// True for what only servers show that read `multi`.
    var isModern: Bool {
        speaksMulti || jwksURI != nil || capabilities.contains(.protocolObject)
            || capabilities.contains(.exchangeToken) || criteria.contains(.mustExchangeToken)
    }

    /// The family is known by the place of its data: no other server has them there.
    fileprivate var revaKind: BackendKind? {
        switch webdavPath {
        case "/dav/ocm/": provider == "OpenCloud" ? .opencloud : .ocis
        case "/remote.php/dav/ocm/": provider == "OpenCloud" ? .opencloud : .cernbox
        case _: nil
        }
    }
}
