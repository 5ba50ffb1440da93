/// What is known of a message when the policy judges it; the gateway fills it in.
///
/// A fact that the message does not have is nil or empty, and no condition on it holds (but for
/// `size_max`, see ``Condition``).
package struct Facts: Sendable, Equatable {
    package var occasion: Occasion
    /// For whom the message speaks: inbound the sender's host as verified (or as claimed, when it
    /// came without a signature), outbound the receiver's. Nil when it names nobody: such a peer
    /// is on no list.
    package var peer: PeerHost?
    /// The other hosts that it names as its own side, none of which may be refused: that of who
    /// shares what is another's.
    package var alsoNamed: [PeerHost] = []
    /// Unix seconds.
    package var now: Int
    /// From where the connection came, for `net`.
    package var address: NetworkAddress?

    package var signature: SignatureFact = .none
    package var peerKeys: PeerKeys = .none
    package var access: AccessFact = .secret
    package var invite: InviteFact = .none
    package var mfa: MFAFact = .notEnforced
    package var keyPinned: PinFact = .none
    package var directory: DirectoryFact = .byLists
    package var mtls: MTLSFact = .none
    /// What the peer calls itself in its discovery document, `nextcloud 33.0.3`: `provider` and
    /// version in lower case. Its own word, and nil when no document was read.
    package var software: String?
    /// Whether `peerKeys`, `mfa` and `software` are what the peer publishes.
    package var document: DocumentFact = .read

    /// `user`, `group`, `federation`.
    package var shareType: String?
    /// `file`, `folder`, `calendar`, ...
    package var resourceType: String?
    /// The protocols that the share offers: `webdav`, `webapp`, `ssh`.
    package var protocols: [String] = []
    /// Of all its protocols together.
    package var permissions: Permissions = .unspecified
    package var accessTypes: [String] = []
    /// Bytes, when the share states a size.
    package var size: Int?
    /// Canonical addresses, `identifier@host`.
    package var owner: String?
    package var sender: String?
    package var recipient: String?
    package var notificationType: String?

    package init(_ occasion: Occasion, peer: PeerHost?, now: Int) {
        self.occasion = occasion
        self.peer = peer
        self.now = now
    }
}

/// Whether a message is signed by its peer; the raw values are the words of tests.
package enum SignatureFact: String, Sendable, Equatable, CaseIterable {
    case none
    /// Present and wrong. Reaches the policy only where the guard lets it pass (profile observe);
    /// counts as none.
    case invalid
    /// Inbound: valid, fresh and of the peer's own key. Outbound: the gateway can sign in this
    /// generation and the peer verifies it.
    case cavage
    case rfc9421

    package var isValid: Bool {
        switch self {
        case .none, .invalid: false
        case .cavage, .rfc9421: true
        }
    }
}

/// Whether discovery of the peer shows keys (or `http-sig`): then it has to sign.
package enum PeerKeys: Sendable, Equatable, CaseIterable {
    case none
    case advertised
}

/// Whether the peer's discovery document was looked for.
package enum DocumentFact: Sendable, Equatable {
    /// Also one that is not there.
    case read
    /// Nobody asked for it, or was answered: what it says is not known, and counts as if it said nothing.
    case unread
}

/// By what the data will be, or is, accessed.
package enum AccessFact: Sendable, Equatable, CaseIterable {
    /// Only by short-lived tokens: the share carries `must-exchange-token` for every protocol;
    /// outbound: the receiver exchanges codes; on WebDAV: a token was presented.
    case token
    /// Also, or only, by the permanent secret.
    case secret
}

/// Whether an accepted invitation stands behind a share: between its recipient and its sender, in
/// whichever direction it was sent.
package enum InviteFact: Sendable, Equatable, CaseIterable {
    case none
    case accepted
}

/// Whether the peer, which is the receiving server of what goes out, advertises `enforce-mfa`.
package enum MFAFact: Sendable, Equatable, CaseIterable {
    case notEnforced
    case enforced
}

/// Whether the peer's key is one that it was known by before this message: a person pinned it, or an
/// earlier message was verified with it. Outbound: whether the peer is known by any.
package enum PinFact: Sendable, Equatable, CaseIterable {
    case none
    case pinned
}

/// Whether a directory service names the peer.
package enum DirectoryFact: Sendable, Equatable, CaseIterable {
    /// As the policy's lists of format `ocm-directory` say; how every real message is judged.
    case byLists
    /// A test says that it is not.
    case none
    /// A test says that it is.
    case listed
}

/// Whether the connection showed a client certificate of the peer that was verified.
package enum MTLSFact: Sendable, Equatable, CaseIterable {
    case none
    case verified
}
