/// The invariants in words: what has to hold of every message.
struct EnglishInvariants {
    let policy: Policy

    var clauses: [PolicyEnglish.Clause] {
        policy.invariants.map { block in
            let never =
                switch (block.never, policy.mode) {
                case (.allow, .report): "would ever be allowed"
                case (.deny, .report): "would ever be refused"
                case (.hold, .report): "would ever wait for a person"
                case (.allow, .enforce), (.allow, .open): "is ever allowed"
                case (.deny, .enforce), (.deny, .open): "is ever refused"
                case (.hold, .enforce), (.hold, .open): "ever waits for a person"
                }
            return .init(
                "\(EnglishWords.named(block.name)): of \(subject(block.given)), none \(never).",
                block: "invariant:\(block.name)", position: block.position)
        }
    }

    private func subject(_ given: MessageClass) -> String {
        let scope = EnglishScope(lists: policy.lists)
        var parts = [EnglishScope.occasions(given.occasions)]
        switch given.standing {
        case .allow?: parts.append("with admitted servers")
        case .block?: parts.append("with servers that a list refuses")
        case .unknown?: parts.append("with servers on no list")
        case nil: break
        }
        if let peers = given.peers { parts.append("with \(scope.peers(peers))") }
        if let excepted = given.excepted {
            parts.append("except with \(scope.peers(excepted))")
        }
        if !given.signatures.isEmpty {
            parts.append(EnglishWords.any(given.signatures.map(Self.signature)))
        }
        parts += Self.facts(given)
        parts += given.conditions.map {
            EnglishScope.phrase($0, .restricts, on: given.occasions)
        }
        return parts.joined(separator: ", ")
    }

    private static func signature(_ fact: SignatureFact) -> String {
        switch fact {
        case .none: "without a signature"
        case .invalid: "with a wrong signature"
        case .cavage: "with a signature after draft-cavage"
        case .rfc9421: "with a signature after RFC 9421"
        }
    }

    private static func facts(_ given: MessageClass) -> [String] {
        PlainFact.allCases.compactMap { fact in
            given.plainFacts[fact].map { "\($0 ? "with" : "without") \(words(fact))" }
        }
    }

    private static func words(_ fact: PlainFact) -> String {
        switch fact {
        case .peerKeys: "published keys"
        case .access: "access by tokens only"
        case .invite: "an accepted invitation"
        case .mfa: "a second factor at the receiver"
        case .keyPinned: "a key that was known before"
        case .directory: "a directory service that names the server"
        case .mtls: "the server's client certificate"
        }
    }
}
