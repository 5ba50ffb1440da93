package import Federation

/// What a command asks of the gateway that runs on the same state; sealed while it lies on the
/// disk.
package enum Order: Sendable, Codable {
    /// An outgoing share that the gateway did not see being made.
    case addShare(ShareOrder)
    /// A share whose codes or tokens are to be no good any more.
    case revoke(Revocation)
    /// What a peer is known by, to be forgotten: its host.
    case forgetPeer(String)
    /// A peer that waits for a person, who has decided: its host. The policy is read again.
    case settleHold(String)
    /// The keys that a peer is known by from now on.
    case pinPeer(PinOrder)
    /// Policy, lists, keys, configuration and certificates, to be read again.
    case reload
    /// Requests in flight get so many seconds, then it ends.
    case end(Int)
    /// What the gateway's own keys are for.
    case changeKeys(KeyChange)
    /// Lists that are downloaded.
    case lists(ListOrder)
    /// A subject of the journal, or a pseudonym, to be forgotten.
    case eraseSubject(String)
}

extension Order {
    /// What shows whether it was carried out.
    var whereSeen: String {
        switch self {
        case .addShare, .revoke: "with `ocmgate share list`"
        case .forgetPeer, .pinPeer: "with `ocmgate peer show`"
        case .settleHold: "with `ocmgate peer hold list`"
        case .changeKeys: "with `ocmgate key list`"
        case .eraseSubject: "with `ocmgate journal search`"
        case .lists: "with `ocmgate list show`"
        case .reload, .end: "in its log"
        }
    }
}

/// The share that `share add` records.
package struct ShareOrder: Sendable, Codable {
    package var peer: String
    package var providerID: String
    package var secret: String
    /// nil for unspecified ones.
    package var permissions: [String]?
    /// What the peer is to hold.
    package var credential: Credential
    /// The addresses of those who take part in it, as shares are recorded; nil for unknown ones.
    package var sender: String?
    package var owner: String?
    package var recipient: String?

    /// What the receiver of an added share holds.
    package enum Credential: String, Sendable, Codable {
        /// A code that the gateway makes.
        case code
        /// The permanent secret, which it holds already.
        case secret
    }

    package init(
        peer: String, providerID: String, secret: String, permissions: [String]?,
        credential: Credential, sender: String? = nil, owner: String? = nil,
        recipient: String? = nil
    ) {
        self.peer = peer
        self.providerID = providerID
        self.secret = secret
        self.permissions = permissions
        self.credential = credential
        self.sender = sender
        self.owner = owner
        self.recipient = recipient
    }
}

/// The keys that `peer pin` accepts.
package struct PinOrder: Sendable, Codable {
    package var peer: String
    package var keys: [Key]

    /// A key of a peer that is pinned by an operator.
    package struct Key: Sendable, Codable {
        package var source: String
        package var id: String
        package var thumbprint: String
    }

    package init(peer: PeerHost, keys: [OfferedKey]) {
        self.peer = peer.description
        self.keys = keys.map { Key(source: $0.source, id: $0.id, thumbprint: $0.thumbprint) }
    }

    var offered: [OfferedKey] {
        keys.map { OfferedKey(source: $0.source, id: $0.id, thumbprint: $0.thumbprint) }
    }
}

/// What came of an order.
package enum OrderAnswer: Sendable, Codable, Equatable {
    /// Done and durable; what there is to say of it, by name.
    case done([String: String])
    /// Not done, for the operator.
    case refused(String)
}
