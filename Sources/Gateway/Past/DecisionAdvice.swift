package import Federation

/// What would change a decision: a command, or a line of a file and what to write there.
///
/// Guards are never argued with: where one refused, what mends the message is told, never what
/// would let it pass as it is.
package struct DecisionAdvice: Sendable, Equatable {
    /// What it does, for people.
    package let words: String
    /// To be run, or to be written into `place`; nil when there is nothing to be typed.
    package let command: String?
    /// `file:line`, when something is to be written there.
    package let place: String?

    init(_ words: String, command: String? = nil, place: String? = nil) {
        self.words = words
        self.command = command
        self.place = place
    }

    /// The advice on a decision, by the policy that is in force now; without one (`nil`) only what
    /// needs none.
    package static func on(
        _ decision: JournalDecision, _ policy: Policy?, nearMiss: NearMiss?
    ) -> [DecisionAdvice] {
        let parts = decision.by.split(separator: ":", maxSplits: 1).map(String.init)
        let name = parts.count > 1 ? parts[1] : ""
        switch parts.first {
        case "guard": return onGuard(name, decision, nearMiss)
        case "built-in": return onBuiltIn(name, decision)
        case _ where decision.action == .allow: return onAllowed(decision, policy)
        case "unknown": return onUnknown(decision, policy)
        case "list": return onList(name, decision, policy)
        case "require": return onRequirement(name, decision, policy)
        case "limit":
            return [
                DecisionAdvice(
                    "it waits until there is room again; or allow more: `rate` or `burst` of this "
                        + "limit", place: policy?.place(of: decision.by)?.description)
            ]
        case "rule", "default": return onRule(decision, policy)
        case _: return []
        }
    }

    private static func peer(_ decision: JournalDecision) -> String {
        decision.facts?.peer?.description ?? decision.peer ?? decision.claimed ?? ""
    }

    // MARK: Guards

    private static func onGuard(
        _ name: String, _ decision: JournalDecision, _ miss: NearMiss?
    ) -> [DecisionAdvice] {
        let peer = peer(decision)
        if let miss { return miss.remedies.map { DecisionAdvice($0) } }
        switch DenialCode(rawValue: name) {
        case .signatureInvalid:
            return [
                DecisionAdvice(
                    "compare its keys with those that it signs by",
                    command: peer.isEmpty ? nil : "ocmgate discover \(peer)"),
                DecisionAdvice(
                    "with the message in a file, look for what a proxy did to it",
                    command: "ocmgate sig explain message.http --key KEYS"),
            ]
        case .keyChanged:
            return [
                DecisionAdvice(
                    "ask the people of that server whether they changed their keys, and for the "
                        + "fingerprint; then accept what it shows",
                    command: "ocmgate peer pin \(peer) --fingerprint FINGERPRINT")
            ]
        case .keyUnavailable:
            return [
                DecisionAdvice(
                    "see why its keys cannot be fetched", command: "ocmgate discover \(peer)")
            ]
        case .senderMismatch:
            return [
                DecisionAdvice(
                    "the peer's operator must let it sign in the name that its addresses have")
            ]
        case .replay:
            return [DecisionAdvice("none is needed: the same message had come before")]
        case .misdirected:
            return [
                DecisionAdvice(
                    "if the host is one of this site, name it in site.aliases, or let the proxy in "
                        + "front pass the Host on as it came (nginx: proxy_set_header Host $host)")
            ]
        case .backendUnavailable, .backendTimeout, .backendRefused:
            return [
                DecisionAdvice("see whether the backend is well", command: "ocmgate check")
            ]
        case .peerUnavailable, .peerTimeout:
            return [
                DecisionAdvice(
                    "see whether the peer is well", command: "ocmgate peer probe \(peer)")
            ]
        case .storeUnavailable, .journalUnavailable, .overloaded, .signingFailed:
            return [
                DecisionAdvice("see the log of that time, and the disk", command: "ocmgate check")
            ]
        case _:
            return [
                DecisionAdvice(
                    "nothing on this side: the message itself has to be another one (the detail "
                        + "says how)")
            ]
        }
    }

    private static func onBuiltIn(
        _ name: String, _ decision: JournalDecision
    ) -> [DecisionAdvice] {
        switch name {
        case "advertised-keys":
            return [
                DecisionAdvice(
                    "the peer publishes keys, so it has to sign: its operator must switch that on, "
                        + "or withdraw the keys",
                    command: "ocmgate peer probe \(peer(decision))")
            ]
        case _:
            return [
                DecisionAdvice(
                    "the two servers answer each other without end: see which of them repeats itself"
                )
            ]
        }
    }

    // MARK: Lists

    private static func onUnknown(
        _ decision: JournalDecision, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let peer = peer(decision)
        guard !peer.isEmpty else {
            return [DecisionAdvice("the message names nobody, so no list can let it in")]
        }
        if decision.action == .hold {
            // The peer itself is on a list; a host that it names is not.
            if decision.standing?.hasPrefix("list:") == true {
                return [
                    DecisionAdvice(
                        "a host that the message names waits; see which",
                        command: "ocmgate peer hold list")
                ]
            }
            return [
                DecisionAdvice("let it in", command: "ocmgate peer hold approve \(peer)"),
                DecisionAdvice("keep it out", command: "ocmgate peer hold refuse \(peer)"),
            ]
        }
        return [allowing(peer, policy)]
    }

    private static func onList(
        _ name: String, _ decision: JournalDecision, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let peer = peer(decision)
        guard let policy, let list = policy.lists.first(where: { $0.name == name }) else {
            return [DecisionAdvice("the policy that is in force now has no list of that name")]
        }
        let standing = PeerHost(peer).map { policy.standing(of: $0, now: decision.time / 1000) }
        let place = standing.flatMap { policy.place(of: $0) }?.description
        if list.firmness == .hard {
            return [
                DecisionAdvice(
                    "the list is hard, so no other overrides it: whoever publishes it must take "
                        + "the entry out", command: "ocmgate list show \(name)")
            ]
        }
        switch list.tier {
        case .own:
            return [
                DecisionAdvice(
                    "take the entry out"
                        + (standing?.entry.map { ", \($0.pattern)" } ?? ""), place: place)
            ]
        case .downloaded:
            return [
                DecisionAdvice("see what the list says", command: "ocmgate list show \(name)"),
                allowing(peer, policy),
            ]
        }
    }

    /// An entry in an own list: it beats those that were downloaded.
    private static func allowing(_ peer: String, _ policy: Policy?) -> DecisionAdvice {
        let own = policy?.lists.first { $0.stance == .allow && $0.tier == .own }
        guard let policy, let own else {
            return DecisionAdvice(
                "let the peer in by a list of your own",
                command: "[list.partners]\nstanding = \"allow\"\nentries  = [\"\(peer)\"]",
                place: policy?.file)
        }
        if let source = own.source {
            return DecisionAdvice(
                "let the peer in: add this line to the list \(own.name)", command: peer,
                place: source)
        }
        return DecisionAdvice(
            "let the peer in: add this to the entries of [list.\(own.name)]",
            command: "{ host = \"\(peer)\", note = \"\" },",
            place: policy.place(of: own.label)?.description)
    }

    // MARK: Blocks

    private static func onRequirement(
        _ name: String, _ decision: JournalDecision, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let peer = peer(decision)
        let need = decision.checks.first { $0.name == decision.by }?.reason
        var advice: [DecisionAdvice] = []
        if let need {
            advice.append(
                DecisionAdvice(
                    "the peer's operator must see to it that the message fulfils it (\(need))",
                    command: peer.isEmpty ? nil : "ocmgate peer probe \(peer)"))
        }
        guard !peer.isEmpty else { return advice }
        advice.append(
            DecisionAdvice(
                "until then, except the peer from this requirement",
                command: "except = [\"\(peer)\"]",
                place: policy?.place(of: decision.by)?.description))
        return advice
    }

    private static func onRule(
        _ decision: JournalDecision, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let peer = peer(decision)
        guard let facts = decision.facts else { return [] }
        var lines = [
            "[[rule]]", "name   = \"\(facts.occasion) of \(peer.isEmpty ? "anyone" : peer)\"",
            "on     = \"\(facts.occasion)\"",
        ]
        if !peer.isEmpty { lines.append("peer   = \"\(peer)\"") }
        lines.append("action = \"allow\"")
        let place = decision.by == "default" ? nil : policy?.place(of: decision.by)
        return [
            DecisionAdvice(
                place == nil
                    ? "no rule allows it: add one, with the conditions that you want"
                    : "allow it by a rule before this one, with the conditions that you want",
                command: lines.joined(separator: "\n"), place: place?.description ?? policy?.file)
        ]
    }

    private static func onAllowed(
        _ decision: JournalDecision, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let peer = peer(decision)
        let place = policy?.place(of: decision.by)?.description
        var advice = [
            DecisionAdvice(
                "to refuse such messages, change this block, or put one that denies before it",
                place: place)
        ]
        if !peer.isEmpty,
            let block = policy?.lists.first(where: { $0.stance == .block && $0.tier == .own })
        {
            advice.append(
                DecisionAdvice(
                    "to keep the peer out, add it to [list.\(block.name)]", command: peer,
                    place: block.source ?? policy?.place(of: block.label)?.description))
        }
        return advice
    }
}
