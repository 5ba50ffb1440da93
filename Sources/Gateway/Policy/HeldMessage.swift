package import Federation
import Transport

/// What is kept of a message that was held, for the person who decides; sealed on the disk.
package struct HeldMessage: Sendable, Codable, Equatable {
    /// Unix seconds.
    package let at: Int
    package let decision: String
    /// `share.in`, or another occasion of the policy.
    package let occasion: String
    /// The block that held it, or `pins`.
    package let by: String
    package let code: String
    /// `rfc9421` or `cavage` when the signature was verified, else `none`: then the message only
    /// claims to come from this peer.
    package let signature: String
    /// The generation of its own signature that was not verified, `rfc9421-tag` or another; nil for
    /// none, and for what was kept by an earlier version.
    package var unverified: String?
    /// The peer whose message names this one, which itself was never asked; nil for its own.
    package var namedBy: String?
    package let client: String
    package var owner: String?
    package var sender: String?
    package var recipient: String?
    package var shareType: String?
    package var resourceType: String?
    package var protocols: [String] = []
    package var permissions: [String] = []
    package var size: Int?
    package var notificationType: String?

    /// - Parameter peer: who waits; it need not be the one that speaks.
    init(_ facts: Facts, _ record: borrowing DecisionRecord, of peer: PeerHost, at: Int) {
        self.at = at
        decision = record.id
        occasion = facts.occasion.description
        by = record.by
        code = record.code ?? ""
        let speaker = record.peer ?? record.claimed
        let isOwn = speaker == peer.description
        signature =
            (isOwn && facts.signature.isValid ? facts.signature : SignatureFact.none).rawValue
        let presented = record.signature?.generation
        let isKnown =
            presented != SignatureGeneration.none.name
            && presented != DecisionRecord.Signature.unread.generation
        unverified = isOwn && !facts.signature.isValid && isKnown ? presented : nil
        namedBy = isOwn ? nil : speaker
        client = record.client
        // Whole, within what messages may say: by them a person is forgotten.
        (owner, sender, recipient) = (facts.owner, facts.sender, facts.recipient)
        shareType = facts.shareType?.kept
        resourceType = facts.resourceType?.kept
        protocols = facts.protocols.prefix(8).map(\.kept)
        permissions = facts.permissions.words
        size = facts.size
        notificationType = facts.notificationType?.kept
    }
}

extension HeldMessage {
    /// Whether it waits since its peer showed other keys than it is known by: no list helps then.
    package var isOfOtherKeys: Bool { code == DenialCode.keyChanged.rawValue }

    /// The block by which a policy would hold the message again, with its peer let in: the one that
    /// held it before. Nil for one that it would not, as far as what was kept tells.
    package func isHeldAgain(of peer: PeerHost, by policy: Policy, now: Int) -> String? {
        guard namedBy == nil, let occasion = Occasion(occasion) else { return nil }
        var facts = Facts.ordinary(
            occasion, peer: peer, now: now, isChange: notificationType != nil)
        facts.signature = SignatureFact(rawValue: signature) ?? .none
        facts.address = NetworkAddress(client)
        (facts.owner, facts.sender, facts.recipient) = (owner, sender, recipient)
        (facts.shareType, facts.resourceType) = (shareType, resourceType)
        facts.protocols = protocols
        facts.permissions = Permissions(words: permissions)
        facts.size = size
        facts.notificationType = notificationType
        let verdict = policy.evaluate(facts, room: Policy.roomForAll)
        return verdict.action == .hold && verdict.by == by ? by : nil
    }

    /// The subjects of the journal that it names, and the one that it came from.
    func subjects(site: PeerHost) -> [JournalSubject] {
        [owner, sender, recipient].compactMap { $0 }.map { JournalSubject(account: $0, site: site) }
            + [IPAddress(client).map { JournalSubject(client: $0) }].compactMap { $0 }
    }
}

extension String {
    /// As much of a peer's text as is kept for a person.
    fileprivate var kept: String { String(prefix(256)) }
}
