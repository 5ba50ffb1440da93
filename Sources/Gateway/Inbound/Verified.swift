import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// A message whose sender is known: by a signature that was verified, or, unsigned, by its own
/// word alone, which the policy then has to accept.
///
/// Only `Gateway.verify` makes one. A class for the same reason as ``Claimed``.
final class Verified: Sendable {
    let claimed: Claimed
    /// The peer that is judged; nil when an unsigned message names nobody.
    let peer: PeerHost?
    let signature: SignatureStanding
    /// What the peer publishes, when it was asked for.
    let document: DiscoveryDocument?
    /// To be written before the message takes effect: that it was seen, and with which key.
    let memory: Remembrance

    fileprivate init(
        claimed: Claimed, peer: PeerHost?, signature: SignatureStanding,
        document: DiscoveryDocument?, memory: Remembrance = Remembrance()
    ) {
        self.claimed = claimed
        self.peer = peer
        self.signature = signature
        self.document = document
        self.memory = memory
    }
}

extension Verified {
    /// The peer, when its signature says so; nil for one that policy takes at its word.
    var signedBy: PeerHost? {
        switch signature {
        case .valid: peer
        case .none, .tolerated: nil
        }
    }

    /// The share that its peer has signed to be over, as the receiver who is done with it or as the owner who has
    /// taken it back: it is so whatever the backend says to that.
    var over: ShareRecord? {
        guard case .notification(let notification) = claimed.message, let share = claimed.share,
            share.peer == signedBy,
            notification.type == .shareDeclined
                || notification.type == .shareUnshared && share.direction == .inbound
        else { return nil }
        return share
    }
}

/// The signature that a message presents; nothing of it is verified.
struct Presented: Sendable {
    /// As its signer saw it.
    let message: SignedMessage
    let signature: PresentedSignature
}

/// What is known of the signature of a message after `verify`.
enum SignatureStanding: Sendable {
    /// None; a peer that publishes keys must sign.
    case none(Advertised)
    /// The key was pinned before the message, or was not.
    case valid(SignatureGeneration, SignatureAlgorithm, PinFact)
    /// Profile `observe` only: what would have refused the message.
    case tolerated(Denial)

    /// Whether the peer publishes keys.
    enum Advertised: Sendable {
        case yes, no
        /// Nobody asked, or was answered.
        case unknown
    }
}

extension Gateway {
    /// Verifies the signature that a message presents, or finds out whether its absence matters.
    ///
    /// Cheap checks come before fetches, fetches before cryptography. Refused: `signature_invalid`
    /// in all its ways, `sender_mismatch`, `replay`, `store_unavailable` for what may be one,
    /// `key_unavailable`, `key_changed`, and what the registry has against the message. With profile
    /// `observe` these are noted and the message goes on.
    func verify(_ claimed: Claimed, _ trail: Trail) async throws(Denial) -> Verified {
        do throws(Denial) {
            let presented = try signature(of: claimed)
            trail.presented(presented.signature, now: claimed.received.now)
            if case .none = presented.signature { return try await unsigned(claimed, trail) }
            return try await signed(claimed, presented.signature, presented.message, trail)
        } catch {
            suspect(error, claimed, decision: trail.decision)
            try refuse(error, orTell: trail)
            return Verified(
                claimed: claimed, peer: claimed.claim?.peer, signature: .tolerated(error),
                document: nil)
        }
    }

    /// The signature that a message presents, and the message that it is of.
    ///
    /// Refused (`signature_invalid`): what ``PresentedSignature`` refuses; `malformed_request`: a target
    /// that no signature can cover.
    func signature(of claimed: Claimed) throws(Denial) -> Presented {
        try (claimed.presented ?? presented(by: claimed.received)).get()
    }

    /// The same of a message of which nothing is known yet.
    func presented(by received: Received) -> Result<Presented, Denial> {
        Result { () throws(Denial) in
            let message = try signedMessage(received)
            return Presented(message: message, signature: try PresentedSignature(message))
        }
    }

    /// The message as its signer saw it: under the site's public origin, or the alias that was
    /// asked for.
    ///
    /// Refused (`malformed_request`): a target that no signature can cover.
    func signedMessage(_ received: Received) throws(Denial) -> SignedMessage {
        let fields = received.head.fields
        var lines = FieldLines(in: fields.bytes, reserving: fields.count)
        fields.forEachPlace { name, value in lines.add(name: name, value: value) }
        let target = String(decoding: received.head.rawTarget, as: UTF8.self)
        guard
            let message = SignedMessage(
                method: received.head.method.rawValue, target: target,
                origin: site.signedOrigin(for: received.head.authority), lines: lines)
        else { throw Denial(.malformedRequest, "the request target cannot be signed") }
        return message
    }

    /// Whether the peer was once seen to sign: it needs no fetch to be known as one that signs.
    func hasSigned(_ peer: PeerHost) -> Bool {
        generations[peer] > .none || !pins[peer].isEmpty
    }

    private func unsigned(_ claimed: Claimed, _ trail: Trail) async throws(Denial) -> Verified {
        func verified(
            _ advertised: SignatureStanding.Advertised, _ document: DiscoveryDocument? = nil
        ) -> Verified {
            Verified(
                claimed: claimed, peer: claimed.claim?.peer, signature: .none(advertised),
                document: document)
        }
        if let denial = configuration.refusalOfUnsigned { throw denial }
        if let doubt = claimed.doubt { throw doubt }
        guard let peer = claimed.claim?.peer else { return verified(.no) }
        if hasSigned(peer) { return verified(.yes) }
        // Nor is anything fetched for a message that policy refuses without a signature, whatever the
        // peer publishes.
        let facts = facts(claimed, trail, peer: peer, signature: .none(.no), document: nil)
        let standing = trail.policy.standing(of: peer, now: facts.now)
        guard trail.policy.mayAllow(facts, standing) else { return verified(.unknown) }
        let found: PeerDocument
        do throws(Denial) {
            found = try await published(by: peer, to: claimed.received.client.address, trail)
        } catch {
            // Whether a signature is missing is policy, and where that refuses nothing, not knowing it
            // refuses nothing either.
            guard trail.policy.mode != .enforce, error.code == .keyUnavailable else { throw error }
            trail.enters(.verify)
            trail.tolerated(error)
            return verified(.unknown)
        }
        switch found {
        case .absent: return verified(.no)
        case .published(let document):
            return verified(document.advertisesSignatures ? .yes : .no, document)
        }
    }

    /// What the peer publishes; the time is that of fetching.
    ///
    /// - Parameter client: for whose message, while nobody has verified it.
    private func published(
        by peer: PeerHost, to client: IPAddress?, _ trail: Trail
    ) async throws(Denial) -> PeerDocument {
        trail.enters(.fetch)
        let document = try await peers.document(of: peer, by: client)
        trail.enters(.verify)
        return document
    }

    private func signed(
        _ claimed: Claimed, _ presented: PresentedSignature, _ message: SignedMessage,
        _ trail: Trail
    ) async throws(Denial) -> Verified {
        let received = claimed.received
        try judgeWithoutKey(presented, message, received)
        let (peer, keyID) = try signer(presented, claimed.claim)
        let identity = try identity(of: presented, message, peer, now: received.now)
        try refuseKnown(identity, received)
        let source: PeerKey.Source = presented.generation == .cavage ? .discovery : .jwks
        trail.enters(.fetch)
        let client = received.client.address
        var key = try await peers.key(keyID, of: peer, for: source, by: client)
        trail.enters(.verify)
        try judgeKeys(of: peer, with: key)
        let algorithm: SignatureAlgorithm
        do throws(Denial) {
            algorithm = try mathematics(presented, message, key.key)
        } catch {
            // The peer may show another key under this name by now.
            trail.enters(.fetch)
            let successor = try await peers.successor(of: key, named: keyID, at: peer, by: client)
            trail.enters(.verify)
            guard let successor else { throw error }
            try judgeKeys(of: peer, with: successor)
            algorithm = try mathematics(presented, message, successor.key)
            key = successor
        }
        let pinned = pins.fact(of: key, at: peer)
        trail.verified(by: peer, algorithm: algorithm)
        let settled = try await settle(claimed, signedBy: peer, trail)
        var document: DiscoveryDocument?
        if case .published(let found) = try await published(by: peer, to: nil, trail) {
            document = found
        }
        // Last, since what is remembered has to be written from here on.
        let memory = try remember(identity, received, peer, key, presented.generation)
        return Verified(
            claimed: settled, peer: peer,
            signature: .valid(presented.generation, algorithm, pinned), document: document,
            memory: memory)
    }
}
