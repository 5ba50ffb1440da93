/// What blocks and invariants ask of a message, as questions to a space.
struct ScopeLiterals {
    let space: MessageSpace
    /// The place of the policy whose lists are meant.
    let policy: Int

    /// All of them hold exactly when a block is about a message.
    func literals(_ scope: BlockScope, _ effect: Condition.Effect) -> [RegionJudge.Literal] {
        [occasions(scope.occasions)] + peers(scope.peers, scope.excepted)
            + scope.conditions.flatMap { literals($0, effect, scope.occasions) }
    }

    /// All of them hold exactly when a message is one of the class.
    func literals(_ messages: MessageClass) -> [RegionJudge.Literal] {
        var literals = [occasions(messages.occasions)] + peers(messages.peers, messages.excepted)
        if let word = messages.standing {
            literals.append(.init(space.question { $0.standings[policy].word == word }))
        }
        if !messages.signatures.isEmpty {
            literals.append(
                .init(space.question(.signature) { messages.signatures.contains($0.signature) }))
        }
        for fact in PlainFact.allCases {
            guard let isThere = messages.plainFacts[fact] else { continue }
            literals.append(.init(question(fact), isThere))
        }
        return literals
            + messages.conditions.flatMap { self.literals($0, .restricts, messages.occasions) }
    }

    /// What a need asks for: all of it must hold.
    func demands(_ need: Need) -> [RegionJudge.Demand] {
        guard let fact = need.fact else {
            let nobody = Standing.nobody
            return [.init(met: space.question(.signature) { need.isMet(by: $0, nobody) })]
        }
        guard need == .keyPinned else { return [.init(met: question(fact))] }
        let inbound = space.question(.occasion) { $0.occasion.direction == .inbound }
        let signed = space.question(.signature) { $0.signature.isValid }
        return [.init(met: question(fact)), .init(met: signed, when: inbound)]
    }

    /// The messages that have a fact; what a directory names hangs on the peer.
    func question(_ fact: PlainFact) -> Question {
        if fact == .directory { return space.question { $0.standings[policy].isInDirectory } }
        return space.question(.plain(fact)) { $0.has(fact) == true }
    }

    private func occasions(_ occasions: OccasionSet) -> RegionJudge.Literal {
        .init(space.question(.occasion) { occasions.contains($0.occasion) })
    }

    private func peers(_ peers: PeerSelector?, _ excepted: PeerSelector?) -> [RegionJudge.Literal] {
        [(peers, true), (excepted, false)].compactMap { selector, isWanted in
            selector.map { selector in
                .init(space.question { selector.contains($0.host, $0.standings[policy]) }, isWanted)
            }
        }
    }

    /// The condition itself, and that the message has what it speaks of.
    private func literals(
        _ condition: Condition, _ effect: Condition.Effect, _ occasions: OccasionSet
    ) -> [RegionJudge.Literal] {
        let own = RegionJudge.Literal(space.question(condition, in: effect))
        switch condition {
        case .permissions, .permissionsNot, .sizeMax:
            // These hang on the kind of message too; a share without a size is within every limit.
            // Of what may be a notification they hold only where it is none.
            let any = Condition.sizeMax(0)
            return [
                .init(space.question(.occasion) { any.holds(for: $0, in: effect) }),
                .init(space.question(.notificationType) { $0.notificationType == nil }), own,
            ]
        case .resourceType, .owner, .sender, .recipient:
            // Where a credential is shown, what is not there restricts as if it fitted.
            let kinds = Set(occasions.occasions.map(\.showsCredential))
            guard effect == .restricts, kinds.contains(true) else { return [own] }
            let orAbsent = RegionJudge.Literal(
                own.question.or(space.question(without: condition.aspect)))
            guard kinds.contains(false) else { return [orAbsent] }
            let shown = space.question(.occasion) { $0.occasion.showsCredential }
            return [orAbsent, .init(own.question, or: shown)]
        case .shareType, .protocols, .accessTypes, .notificationType, .net, .software, .time:
            return [own]
        }
    }
}

extension Standing {
    /// Of a peer that no list names, where that refuses nothing.
    fileprivate static let nobody = Standing(
        word: .unknown, entry: nil, list: nil, memberships: [], isInDirectory: false,
        by: Decider.unknown.name, refusal: nil, would: nil)
}
