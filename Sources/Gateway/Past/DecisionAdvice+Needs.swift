import Federation

extension DecisionAdvice {
    /// What becomes of data whose code we do not exchange; nothing for other messages, and where the policy
    /// refuses data by the permanent secret.
    static func withoutToken(_ facts: Facts?, _ policy: Policy?) -> [DecisionAdvice] {
        guard var facts, facts.occasion == Occasion(.token, .outbound) else { return [] }
        facts.occasion = Occasion(.webdav, .outbound)
        facts.access = .secret
        let data = policy?.evaluate(facts, room: Policy.roomForAll)
        if let data, data.action != .allow { return [] }
        return [
            DecisionAdvice(
                "a share that offers tokens and does not demand them is then opened by its permanent "
                    + "secret; to refuse that, require tokens of the data",
                command: "[[require]]\nname = \"data by token\"\non   = \"webdav.out\"\n"
                    + "need = \"token-exchange\"", place: policy?.file)
        ]
    }

    /// What meets a need that was not met.
    ///
    /// - Parameter occasion: of the message; nil where that is not known.
    static func fulfilling(
        _ need: Need, of peer: String, on occasion: Occasion?
    ) -> DecisionAdvice {
        func command(_ word: String) -> String? {
            peer.isEmpty ? nil : "ocmgate peer \(word) \(peer)"
        }
        return switch need {
        case .signature where occasion?.kind == .ocs, .rfc9421 where occasion?.kind == .ocs:
            DecisionAdvice(
                "the older API cannot be signed: both servers have to use OCM, or the block must not "
                    + "be about ocs")
        case .signature where occasion?.direction == .outbound,
            .rfc9421 where occasion?.direction == .outbound:
            DecisionAdvice(
                "the peer has to say that it verifies signatures: its operator must see to that",
                command: command("probe"))
        case .signature:
            DecisionAdvice(
                "the peer has to sign: its operator must see to that", command: command("probe"))
        case .rfc9421:
            DecisionAdvice(
                "the peer has to sign by RFC 9421: its operator must see to that",
                command: command("probe"))
        case .tokenExchange where occasion?.direction == .outbound:
            DecisionAdvice(
                "the peer has to exchange codes for tokens: its operator must see to that",
                command: command("probe"))
        case .tokenExchange where occasion?.kind == .share:
            DecisionAdvice(
                "the share has to demand tokens (must-exchange-token): the peer's operator must see to "
                    + "that", command: command("probe"))
        case .tokenExchange:
            DecisionAdvice(
                "the share has to be used with a token that its code was exchanged for: the peer's "
                    + "operator must see to that", command: command("probe"))
        case .keyPinned:
            DecisionAdvice(
                "a key of the peer has to be pinned before: ask its people for the fingerprints",
                command: command("pin"))
        case .invite:
            DecisionAdvice(
                "an invitation has to be accepted first, between the two people that it is about")
        case .mfa:
            DecisionAdvice(
                "the peer's server has to advertise that it wants a second factor of its people "
                    + "(enforce-mfa): its operator must see to that", command: command("probe"))
        case .directory:
            DecisionAdvice(
                "a directory has to list the peer: that is for its publisher",
                command: command("show"))
        case .mtls:
            DecisionAdvice(
                "the peer has to show a client certificate of an authority that client_ca names")
        }
    }
}
