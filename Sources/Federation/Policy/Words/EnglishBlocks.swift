/// Requirements, limits and rules in words, each in one sentence and what the peer then reads.
struct EnglishBlocks {
    private let policy: Policy
    private let scope: EnglishScope
    private let refusal: EnglishRefusal

    init(_ policy: Policy) {
        self.policy = policy
        scope = EnglishScope(lists: policy.lists)
        refusal = EnglishRefusal(policy)
    }

    // Require.

    var requirements: [PolicyEnglish.Clause] {
        policy.requirements.map { block in
            let occasions = block.scope.occasions
            let needs = block.needs.map { Self.need($0, on: occasions) }
            let subject = scope.subject(block.scope, .restricts).capitalizedFirst
            var text = "\(subject) must \(EnglishWords.all(needs)). "
            let refusals = block.refusals.reduce(into: [Refusal]()) { kept, next in
                if !kept.contains(next) { kept.append(next) }
            }
            if refusals.count == 1 {
                text +=
                    "Otherwise they are refused. \(refusal.text(refusals[0], on: occasions))"
            } else {
                let each = zip(block.needs, block.refusals).map { need, words in
                    "Where \(Self.noun(need)) is missing, \(refusal.reader(on: occasions)) reads: "
                        + refusal.words(words, on: occasions)
                }
                text += "Otherwise they are refused. " + each.joined(separator: " ")
            }
            return clause(text, block.name, block.mode, block.label, block.position)
        } + [
            .init(
                "Built in: a server that publishes keys must sign what it sends us, also where it "
                    + "is excepted above. " + refusal.text(policy.refusals.unsigned))
        ]
    }

    private static func need(_ need: Need, on occasions: OccasionSet) -> String {
        switch need {
        case .signature: "be signed by the server that sends them"
        case .rfc9421: "be signed after RFC 9421 by the server that sends them"
        case .tokenExchange: "be used by short-lived tokens only (must-exchange-token)"
        case .invite: "follow an invitation that was accepted"
        case .mfa: "be with a server that says it enforces a second factor (enforce-mfa)"
        case .keyPinned: keyPinned(on: occasions)
        case .directory: "be with a server that a directory service names"
        case .mtls: "come over a connection with the server's own client certificate"
        }
    }

    /// What comes in shows by its signature whose key it has.
    private static func keyPinned(on occasions: OccasionSet) -> String {
        let known = "be with a server that was known by its key before"
        let ways = Set(occasions.occasions.map(\.direction))
        guard ways.contains(.inbound) else { return known }
        return ways.contains(.outbound)
            ? "\(known) and, from outside, be signed with a key by which it was known"
            : "be signed with a key by which the server was known before"
    }

    private static func noun(_ need: Need) -> String {
        switch need {
        case .signature: "the signature"
        case .rfc9421: "the signature after RFC 9421"
        case .tokenExchange: "the exchange of tokens"
        case .invite: "the invitation"
        case .mfa: "the second factor"
        case .keyPinned: "the known key"
        case .directory: "the entry of a directory"
        case .mtls: "the client certificate"
        }
    }

    // Limit.

    var limits: [PolicyEnglish.Clause] {
        policy.limits.map { block in
            let subject = scope.subject(block.scope, .restricts).capitalizedFirst
            let text =
                "\(subject): \(Self.measure(block.measure, block.per)). More is refused, with the "
                + "time to wait. \(refusal.text(block.refusal, on: block.scope.occasions))"
            return clause(text, block.name, block.mode, block.label, block.position)
        } + [
            .init(
                "Built in: \(Policy.pingPongRate.count) notifications of one type about one share "
                    + "\(EnglishWords.each(Policy.pingPongRate.period)) with each server, so that "
                    + "two servers cannot answer each other without end; those of applications, as "
                    + "Talk sends them, are not counted. "
                    + refusal.text(policy.refusals.pingPong))
        ]
    }

    private static func measure(_ measure: Limit.Measure, _ per: Limit.Per) -> String {
        let whose =
            switch per {
            case .peer: "for each server"
            case .sender: "for each sender"
            case .recipient: "for each recipient"
            case .all: "for everybody together"
            }
        return switch measure {
        case .rate(let rate, let burst):
            "\(rate.count) \(EnglishWords.each(rate.period)) \(whose)"
                + (burst == rate.count ? "" : ", \(burst) at once")
        case .distinct(let fact, let rate):
            "\(rate.count) different \(word(fact)) \(EnglishWords.each(rate.period)) \(whose)"
        case .bytes(let count, let period): "\(count) \(EnglishWords.each(period)) \(whose)"
        case .concurrent(let count): "\(count) at the same time \(whose)"
        }
    }

    private static func word(_ fact: Limit.Distinct) -> String {
        switch fact {
        case .peer: "servers"
        case .sender: "senders"
        case .recipient: "recipients"
        case .owner: "owners"
        }
    }

    // Rule.

    var rules: [PolicyEnglish.Clause] {
        policy.rules.map { block in
            let subject = scope.subject(block.scope, block.effect).capitalizedFirst
            let text =
                switch block.ruling {
                case .allow(let settings): "\(subject) are allowed\(Self.words(settings))."
                case .deny(let words):
                    "\(subject) are refused. \(refusal.text(words, on: block.scope.occasions))"
                case .hold(let words):
                    "\(subject) wait until a person has decided. "
                        + refusal.text(words, on: block.scope.occasions)
                }
            return clause(text, block.name, block.mode, block.label, block.position)
        } + [fallback]
    }

    private var fallback: PolicyEnglish.Clause {
        let text =
            switch policy.fallback {
            case .allow: "Everything else is allowed."
            case .deny: "Everything else is refused. " + refusal.text(policy.refusals.fallback)
            }
        let block = Decider.fallback.name
        return .init(text, block: block, position: policy.place(of: block)?.position)
    }

    private static func words(_ settings: RuleSettings) -> String {
        var parts: [String] = []
        if let ttl = settings.tokenTTL {
            parts.append("their tokens live \(EnglishWords.time(ttl))")
        }
        switch settings.acceptSecret {
        case .legacy?: parts.append("their permanent secret is taken where tokens are not known")
        case AcceptSecret.none?: parts.append("their permanent secret is never taken")
        case .all?: parts.append("their permanent secret is taken")
        case nil: break
        }
        switch settings.bind {
        case .peer?: parts.append("their code is exchanged only by the server that it was sent to")
        case CodeBinding.none?: parts.append("their code may be exchanged by any admitted server")
        case nil: break
        }
        return parts.isEmpty ? "" : "; \(EnglishWords.all(parts))"
    }

    private func clause(
        _ text: String, _ name: String, _ mode: PolicyMode, _ label: String,
        _ position: SourcePosition
    ) -> PolicyEnglish.Clause {
        let state =
            switch mode {
            case .enforce: ""
            case .report: "(Only reported, not enforced.) "
            case .open: "(Switched off.) "
            }
        return .init(
            "\(EnglishWords.named(name)): \(state)\(text)", block: label, position: position)
    }
}
