import Federation
import HTTPSignatures
import OpenSSL
import Transport

/// The single checks that `verify` makes of a signature, in its order.
extension Gateway {
    /// All that needs no key: whose target it is, coverage, digest, time, and whether this generation
    /// is still taken.
    ///
    /// Refused (`signature_invalid`): whatever of these is not as it should be.
    func judgeWithoutKey(
        _ presented: PresentedSignature, _ message: SignedMessage, _ received: Received
    ) throws(Denial) {
        guard configuration.signature.accepts(presented.generation.fact) else {
            throw Denial(notAccepting: presented.generation.name)
        }
        // An absolute target is signed by the origin that it names itself.
        if case .absolute(let scheme) = received.head.target.form, presented.generation != .none {
            let authority = received.head.authority
            let own = site.signedOrigin(for: authority)
            guard scheme.rawValue == own.scheme,
                (try? Authority(own.authority))?.normalized(for: scheme)
                    == authority?.normalized(for: scheme)
            else { throw Denial(.notCovered, "the target is at another origin than \(own)") }
        }
        let verdict: ProfileVerdict
        switch presented {
        case .none: return
        case .rfc9421(let signature):
            verdict = signatureProfile.judge(
                signature, of: message, body: received.body, now: received.now)
        case .cavage(let signature):
            verdict = cavageProfile.judge(
                signature, of: message, body: received.body, now: received.now)
        }
        if case .violated(let violations) = verdict { throw Denial(violations) }
    }

    /// The host whose key must have signed: the one that the key's name names, if it is one of
    /// those the message speaks for.
    ///
    /// Refused: a name whose host cannot be read (`key_origin`), another host than the message's
    /// (`sender_mismatch`), and a peer that signed by a newer standard before (`generation`).
    func signer(
        _ presented: PresentedSignature, _ claim: Claim?
    ) throws(Denial) -> (peer: PeerHost, keyID: String) {
        guard let keyID = presented.keyID else { throw Denial(.malformed, "no key is named") }
        let named = PresentedSignature.host(ofKeyID: keyID)
        if named == nil, PresentedSignature.namesHost(keyID) {
            throw Denial(.keyOrigin, "the key's name \(keyID) names no host")
        }
        guard let peer = named ?? claim?.signers.first else {
            throw Denial(.keyOrigin, "neither message nor key name a host")
        }
        if let claim, !claim.signers.contains(peer) {
            throw Denial(
                .senderMismatch,
                "signed for \(peer), speaks for \(claim.signers.map(\.description).joined(separator: ", "))"
            )
        }
        let newest = generations[peer]
        guard presented.generation >= min(newest, .label) else {
            throw Denial(
                .generation,
                "\(peer) has signed by \(newest.name) before, now \(presented.generation.name)")
        }
        return (peer, keyID)
    }

    /// Refused: keys that came unexpectedly while others are pinned (`key_changed`); a key that the
    /// peer does not show (`key_unavailable`).
    func judgeKeys(of peer: PeerHost, with key: PeerKey) throws(Denial) {
        guard configuration.signature.firstSeen == .pin else { return }
        switch pins.judge(peer, offered: try offeredKeys(of: peer, with: key)) {
        case .known, .firstSight, .continued: return
        case .surprise(let surprise):
            log.held(peer, surprise)
            throw Denial(
                .keyChanged,
                "\(peer): \(surprise.rawValue); to accept its keys: ocmgate peer pin \(peer)")
        }
    }

    /// What the peer shows now.
    ///
    /// Refused (`key_unavailable`): a key that is not among it, since a person had the peer's keys
    /// forgotten while the message was verified, or they were fetched anew.
    private func offeredKeys(
        of peer: PeerHost, with key: PeerKey
    ) throws(Denial) -> [OfferedKey] {
        let offered = peers.keys(of: peer).map { OfferedKey($0) }
        guard offered.contains(OfferedKey(key)) else {
            throw Denial(.keyUnavailable, "\(peer): its keys were forgotten or changed meanwhile")
        }
        return offered
    }

    /// The cryptography, last.
    ///
    /// Refused (`signature_invalid`): a key that is too weak, or too large to be asked, and a signature that it
    /// does not verify.
    func mathematics(
        _ presented: PresentedSignature, _ message: SignedMessage, _ key: VerificationKey
    ) throws(Denial) -> SignatureAlgorithm {
        if case .violated(let violations) = keyRequirements.judge(key) { throw Denial(violations) }
        let crypto: CryptoVerdict
        switch presented {
        case .none: throw Denial(.malformed, "no signature")
        case .rfc9421(let signature): crypto = signature.verify(with: key)
        case .cavage(let signature): crypto = signature.verify(message, with: key)
        }
        switch (crypto, keyRequirements.judge(key, algorithm: crypto)) {
        case (.valid(let algorithm), .satisfied): return algorithm
        case (.invalid(let error), _): throw Denial(error)
        case (.valid, .violated(let violations)): throw Denial(violations)
        }
    }

    /// Refused (`replay`): a message that was seen before, found by a look that costs nothing and
    /// keeps nothing, before a key is fetched and the mathematics done; `store_unavailable`: one of which
    /// that cannot be told.
    func refuseKnown(
        _ identity: MessageIdentity, _ received: Received
    ) throws(Denial) {
        let known = replays.glance(
            identity.name, client: received.client.addressText, created: identity.created)
        if let known { try refuse(known, identity, received) }
    }

    /// Refused: `replay`, but for a token request repeated by the same client within two seconds
    /// (settled questions, 2); `store_unavailable`: what may be one, or not.
    private func refuse(
        _ known: ReplayCache.Known, _ identity: MessageIdentity, _ received: Received
    ) throws(Denial) {
        let created = identity.created
        switch known {
        case .repeated(let client, let seen, let monotonic):
            // Since it was seen, on the clock that nobody sets: no step back makes it longer.
            let waited = (environment.monotonicMilliseconds() - monotonic) / 1000
            guard case .token = received.kind, client == .same, waited <= 2,
                received.now - created <= 2
            else { throw Denial(.replayed, "created \(created), seen \(seen)") }
        case .untellable(let floor):
            throw Denial(created: created, unknownBefore: floor)
        }
    }

    /// What is to be remembered of a verified message: that it was seen, with which keys, and by
    /// which standard. A place in memory is taken at once, so of two at the same time one passes.
    ///
    /// Refused: `replay`, `store_unavailable`; `overloaded` when no more can be remembered;
    /// `key_unavailable` when the peer does not show the key any more.
    func remember(
        _ identity: MessageIdentity, _ received: Received, _ peer: PeerHost, _ key: PeerKey,
        _ generation: SignatureGeneration
    ) throws(Denial) -> Remembrance {
        let untilForgotten = peers.untilForgotten(peer)
        let offered = try offeredKeys(of: peer, with: key)
        let learned = [
            configuration.signature.firstSeen == .pin
                ? pins.learn(peer, offered: offered, now: received.now) : nil,
            pastKeys.learn(peer, shown: peers.keys(of: peer), now: received.now),
            generations.learn(peer, generation, now: received.now),
        ].compactMap(untilForgotten)
        var seen: [Change] = []
        switch replays.judge(
            identity.name, peer: peer.name, peers.acquaintance(with: peer),
            client: received.client.addressText, created: identity.created, now: received.now,
            monotonic: environment.monotonicMilliseconds())
        {
        case .first(let change): seen.append(change)
        case .known(let known): try refuse(known, identity, received)
        case .full: throw Denial(.overloaded, "the memory of seen messages is full")
        }
        return Remembrance(seen: seen, learned: learned)
    }

    /// What names the message whatever the encoding of its signature, and when it was made.
    ///
    /// The signer is part of it by its host, not by its key's name: one key may be shown under two
    /// names, and draft-cavage does not sign the name.
    func identity(
        of presented: PresentedSignature, _ message: SignedMessage, _ peer: PeerHost, now: Int
    ) throws(Denial) -> MessageIdentity {
        let signed: [UInt8]
        let created: Int
        switch presented {
        case .none: throw Denial(.malformed, "no signature")
        case .rfc9421(let signature):
            signed = signature.identity
            created = signature.input.parameters.created ?? now
        case .cavage(let signature):
            do { signed = try signature.identity(of: message) } catch { throw Denial(error) }
            created = CavageProfile.date(of: message) ?? now
        }
        let name = replays.name(of: Array("\(peer)\n".utf8) + signed)
        return MessageIdentity(name: name, created: created)
    }
}

/// What a signed message is recognised by when it comes again.
struct MessageIdentity: Sendable {
    let name: Digest128
    /// Unix seconds, as the signature says.
    let created: Int
}
