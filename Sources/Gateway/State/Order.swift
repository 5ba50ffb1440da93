/// What a command asks of the gateway that runs on the same state; sealed while it lies on the
/// disk.
package enum Order: Sendable, Codable {
    /// An outgoing share that the gateway did not see being made.
    case addShare(ShareOrder)
    /// What a peer is known by, to be forgotten: its host.
    case forgetPeer(String)
    /// What the gateway's own keys are for.
    case changeKeys(KeyChange)
    /// Lists that are downloaded.
    case lists(ListOrder)
    /// A subject of the journal, or a pseudonym, to be forgotten.
    case eraseSubject(String)
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

    package enum Credential: String, Sendable, Codable {
        /// A code that the gateway makes.
        case code
        /// The permanent secret, which it holds already.
        case secret
    }

    package init(
        peer: String, providerID: String, secret: String, permissions: [String]?,
        credential: Credential
    ) {
        self.peer = peer
        self.providerID = providerID
        self.secret = secret
        self.permissions = permissions
        self.credential = credential
    }
}

/// What came of an order.
package enum OrderAnswer: Sendable, Codable, Equatable {
    /// Done and durable; what there is to say of it, by name.
    case done([String: String])
    /// Not done, for the operator.
    case refused(String)
}
