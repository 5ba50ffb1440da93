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
    ///
    /// - Parameter now: when it is asked for: seconds.
    package static func on(
        _ decision: JournalDecision, _ policy: Policy?, nearMiss: NearMiss?, now: Int
    ) -> [DecisionAdvice] {
        if decision.action == .allow {
            // No policy was asked.
            if case .ownSite? = Decider(decision.by) { return [] }
            return onAllowed(decision, policy)
        }
        guard let decider = Decider(decision.by) else { return [] }
        switch decider {
        case .guard(let code):
            if let nearMiss { return nearMiss.remedies.map { DecisionAdvice($0) } }
            return GuardAdvice(
                peer: peer(decision), detail: decision.detail, fault: decision.signatureFault,
                way: Direction(rawValue: decision.direction)
            ).on(code)
        case .advertisedKeys where decision.facts?.occasion.kind == .ocs:
            return [
                DecisionAdvice(
                    "the older API cannot be signed, and the peer publishes keys: both servers have to "
                        + "use OCM, or its operator must withdraw the keys")
            ]
        case .advertisedKeys where decision.facts?.occasion.kind == .invite:
            return [
                DecisionAdvice(
                    "the peer publishes keys, so it has to sign, and Nextcloud's contacts app never signs "
                        + "that an invitation was accepted: let its person invite the one here, whose "
                        + "acceptance this gateway signs; of another server its operator must switch "
                        + "that on",
                    command: "ocmgate peer probe \(peer(decision))")
            ]
        case .advertisedKeys:
            return [
                DecisionAdvice(
                    "the peer publishes keys, so it has to sign: its operator must switch that on, "
                        + "or withdraw the keys",
                    command: "ocmgate peer probe \(peer(decision))")
            ]
        case .pingPong:
            return [
                DecisionAdvice(
                    "the two servers answer each other without end: see which of them repeats itself"
                )
            ]
        case .unknown: return onUnknown(decision, policy, now)
        case .list(let name): return onList(name, decision, policy)
        case .requirement:
            return onRequirement(decision, policy) + withoutToken(decision.facts, policy)
        case .limit(let name):
            return onLimit(name, decision, policy) + withoutToken(decision.facts, policy)
        case .rule, .fallback:
            return onRule(decision, policy) + withoutToken(decision.facts, policy)
        // These refuse nothing.
        case .mode, .undecided, .ownSite: return []
        }
    }

    private static func peer(_ decision: JournalDecision) -> String {
        decision.peer ?? decision.claimed ?? ""
    }

    // MARK: Lists

    /// The host that the lists refused: the peer, or one that the message only names.
    private static func turnedAway(_ decision: JournalDecision, _ policy: Policy?) -> String {
        guard let facts = decision.facts, let first = facts.peer else { return peer(decision) }
        let host = ([first] + facts.alsoNamed).first {
            policy?.standing(of: $0, now: facts.now).by == decision.by
        }
        return (host ?? first).description
    }

    /// What that host is called: it may be another than the peer.
    private static func called(_ host: String, _ decision: JournalDecision) -> String {
        host == peer(decision) ? "the peer" : host
    }

    private static func onUnknown(
        _ decision: JournalDecision, _ policy: Policy?, _ now: Int
    ) -> [DecisionAdvice] {
        let peer = turnedAway(decision, policy)
        guard !peer.isEmpty else {
            return [DecisionAdvice("the message names nobody, so no list can let it in")]
        }
        if let list = letIn(decision, policy, now) {
            return [
                DecisionAdvice(
                    "@\(list) lets it in by now: what is sent again is judged by all else that the "
                        + "policy asks")
            ]
        }
        let name = called(peer, decision)
        if decision.action == .hold {
            // The peer itself is on a list; a host that is named beside it is not, and which is not known.
            if case .list? = decision.standing.flatMap({ Decider($0) }), name == "the peer" {
                return [
                    DecisionAdvice(
                        "a host that the message or its peer names waits; see which",
                        command: "ocmgate peer hold list")
                ]
            }
            let others = decision.checks.filter { $0.result == Check.Result.refused.rawValue }
            let more = others.map { check in
                DecisionAdvice(
                    "as this message was, it would then be refused by \(check.name)"
                        + (check.reason.map { " (\($0))" } ?? ""))
            }
            return approving(peer, name, over(peer, policy, now), policy) + more + [
                DecisionAdvice("keep it out", command: "ocmgate peer hold refuse \(peer)")
            ]
        }
        let lines = allowing(peer, name, over(peer, policy, now), policy)
        // A CONNECT of the backend, which is no message: the list helps only where there is a peer.
        guard decision.kind == "egress" else { return lines }
        return [DecisionAdvice("if it is no OCM server, name it in egress.other")]
            + lines.map {
                DecisionAdvice(
                    "if it is a partner, \($0.words)", command: $0.command, place: $0.place)
            }
    }

    /// The list that lets in by now whom no list let in: all hosts of the message are on one that does.
    private static func letIn(
        _ decision: JournalDecision, _ policy: Policy?, _ now: Int
    ) -> String? {
        guard let policy, let facts = decision.facts else { return nil }
        let hosts = [facts.peer].compactMap { $0 } + facts.alsoNamed
        let standings = hosts.map { policy.standing(of: $0, now: now) }
        guard !standings.isEmpty, standings.allSatisfy({ $0.word == .allow }) else { return nil }
        return standings.last?.list
    }

    /// The entry that let a peer in until it ended.
    private static func over(_ peer: String, _ policy: Policy?, _ now: Int) -> Standing.Over? {
        PeerHost(peer).flatMap { policy?.endedAllowance(of: $0, now: now) }
    }

    /// What lets in one whose entry is over; without an end it would be let in for ever.
    private static func renewing(
        _ over: Standing.Over, _ policy: Policy?, command: String? = nil
    ) -> DecisionAdvice {
        let list = policy?.lists.first { $0.name == over.list }
        guard let list, list.tier == .own else {
            return DecisionAdvice(
                "\(over.words); see what the list says", command: "ocmgate list show \(over.list)")
        }
        return DecisionAdvice(
            "\(over.words): write a later `until` there"
                + (command == nil ? "" : ", or let it in anew"),
            command: command, place: policy?.place(of: over.entry, in: list)?.description)
    }

    /// What lets a peer in whose messages wait.
    private static func approving(
        _ peer: String, _ name: String, _ over: Standing.Over?, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let approve = "ocmgate peer hold approve \(peer)"
        let own = ownAllowing(policy).map(\.name).filter { $0 != over?.list }
        let list = " --list \(own.count == 1 ? own[0] : "NAME")"
        if let over {
            let again = "\(approve) --list \(over.list) --until DATE"
            let others = DecisionAdvice(
                "or let it in by another of your lists: \(own.joined(separator: ", "))",
                command: approve + list + " --until DATE")
            return [renewing(over, policy, command: again)] + (own.isEmpty ? [] : [others])
        }
        // One that a block excepts gives something up, and is chosen by nobody but a person.
        let excepted = exceptedAllowing(policy)
        let isNamed = own.count > 1 || !excepted.isEmpty
        return [
            DecisionAdvice(
                own.count > 1
                    ? "let \(name) in, by one of your lists: \(own.joined(separator: ", "))"
                    : own.isEmpty && isNamed
                        ? excepting(name, excepted) : "let \(name) in",
                command: approve + (isNamed ? list : ""))
        ]
    }

    private static func onList(
        _ name: String, _ decision: JournalDecision, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let peer = turnedAway(decision, policy)
        guard let policy, let list = policy.lists.first(where: { $0.name == name }) else {
            return [DecisionAdvice("the policy that is in force now has no list of that name")]
        }
        if decision.code == DenialCode.listUnavailable.rawValue {
            return [
                DecisionAdvice(
                    "the list could name the peer, and was never loaded: fetch it",
                    command: "ocmgate list update \(name)")
            ]
        }
        let standing = PeerHost(peer).map { policy.standing(of: $0, now: decision.time / 1000) }
        let place = standing.flatMap { policy.place(of: $0) }?.description
        if list.firmness == .hard, list.tier == .downloaded {
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
                DecisionAdvice("see what the list says", command: "ocmgate list show \(name)")
            ] + allowing(peer, called(peer, decision), nil, policy)
        }
    }

    /// The own lists that let peers in, but for those that a block excepts (decision 52).
    private static func ownAllowing(_ policy: Policy?) -> [PeerList] {
        allOwnAllowing(policy).filter { policy?.exception(for: $0) == nil }
    }

    /// Each of those that a block excepts, with that block.
    private static func exceptedAllowing(_ policy: Policy?) -> [String] {
        allOwnAllowing(policy).compactMap { list in
            policy?.exception(for: list).map { "\(list.name) (by \($0))" }
        }
    }

    private static func allOwnAllowing(_ policy: Policy?) -> [PeerList] {
        policy?.lists.filter { $0.stance == .allow && $0.tier == .own } ?? []
    }

    /// An entry in an own list: it beats those that were downloaded. Where one is over, that one first, and
    /// an end for the others.
    ///
    /// - Parameter name: what it is called.
    private static func allowing(
        _ peer: String, _ name: String, _ over: Standing.Over?, _ policy: Policy?
    ) -> [DecisionAdvice] {
        if let policy {
            let own = ownAllowing(policy).filter { $0.name != over?.list }
            let others = own.map { entry(peer, name, in: $0, isEnding: over != nil, policy) }
            if let over { return [renewing(over, policy)] + others }
            if !own.isEmpty { return others }
            let excepted = exceptedAllowing(policy)
            if !excepted.isEmpty {
                return [DecisionAdvice(excepting(name, excepted), place: policy.file)]
            }
        }
        return [
            DecisionAdvice(
                "let \(name) in by a list of your own",
                command: "[list.partners]\nstanding = \"allow\"\nentries  = [\"\(peer)\"]",
                place: policy?.file)
        ]
    }

    private static func excepting(_ name: String, _ lists: [String]) -> String {
        "let \(name) in by a list of your own; a block excepts each: "
            + lists.joined(separator: ", ")
    }

    private static func entry(
        _ peer: String, _ name: String, in own: PeerList, isEnding: Bool, _ policy: Policy
    ) -> DecisionAdvice {
        line(
            own.source == nil
                ? "let \(name) in: add this to the entries of [list.\(own.name)]"
                : "let \(name) in: add this line to the list \(own.name)", peer, in: own,
            isEnding: isEnding, policy)
    }

    /// What is to be written into an own list: a line of its file, or an element of its entries.
    ///
    /// - Parameter isEnding: whether it is to have an end, which is a person's to say.
    private static func line(
        _ words: String, _ peer: String, in list: PeerList, isEnding: Bool = false,
        _ policy: Policy
    ) -> DecisionAdvice {
        if let file = policy.file(of: list) {
            return DecisionAdvice(
                words, command: peer + (isEnding ? " until DATE" : ""), place: file)
        }
        return DecisionAdvice(
            words,
            command: "{ host = \"\(peer)\", \(isEnding ? "until = DATE, " : "")note = \"\" },",
            place: policy.place(of: list.label)?.description)
    }

    // MARK: Blocks

    private static func onLimit(
        _ name: String, _ decision: JournalDecision, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let words =
            switch policy?.limits.first(where: { $0.name == name })?.measure {
            case .rate: "a higher `rate` or `burst`"
            case .distinct: "a higher `rate`, or a shorter time"
            case .bytes: "more `bytes`"
            case .concurrent: "a higher `concurrent`"
            case nil: "more room"
            }
        return [
            DecisionAdvice(
                "it waits until there is room again; or give this limit \(words)",
                place: policy?.place(of: decision.by)?.description)
        ]
    }

    private static func onRequirement(
        _ decision: JournalDecision, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let peer = peer(decision)
        let requirement = policy?.requirements.first { $0.label == decision.by }
        let reason = decision.checks.first { $0.name == decision.by }?.reason
        // The one that was missing; where that is not told, all of them.
        let told = Need.allCases.filter { reason == Check.Reason.missing($0).text }
        let needs = told.isEmpty ? requirement?.needs ?? [] : told
        let occasion = decision.facts?.occasion
        var advice = needs.map { fulfilling($0, of: peer, on: occasion) }
        // What else a block asks for is not to be given up for one peer that cannot do it yet.
        guard !peer.isEmpty, requirement?.needs == [.signature] else { return advice }
        let known = requirement?.scope.excepted
        let excepted = (known.map { policy?.words(of: $0) ?? [] } ?? []) + [peer]
        advice.append(
            DecisionAdvice(
                "until then, except the peer from this requirement"
                    + (known == nil ? "" : ", beside those that are")
                    + (occasion?.direction == .outbound
                        ? "" : "; then everybody who can reach this site can speak in its name"),
                command: "except = [\(excepted.map { "\"\($0)\"" }.joined(separator: ", "))]",
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
        let terms = policy.flatMap { ExceptionTerms(for: facts, before: decision.by, in: $0).line }
        if let terms { lines.append(terms) }
        lines.append("action = \"allow\"")
        let place = decision.by == Decider.fallback.name ? nil : policy?.place(of: decision.by)
        // Without a signature, which the older API cannot have.
        let still =
            facts.occasion == Occasion(.ocs, .inbound)
            ? "; a peer that publishes keys is refused there all the same" : ""
        return [
            DecisionAdvice(
                (place == nil
                    ? "no rule allows it: add one, with the conditions that you want"
                    : "allow it by a rule before this one, which decides in the place of all behind it")
                    + still,
                command: lines.joined(separator: "\n"), place: place?.description ?? policy?.file)
        ]
    }

    private static func onAllowed(
        _ decision: JournalDecision, _ policy: Policy?
    ) -> [DecisionAdvice] {
        let peer = peer(decision)
        let place = policy?.place(of: decision.by)?.description
        var advice = decision.would.map { onTrial($0, policy) }
        if case .mode = Decider(decision.by) {
            advice.append(
                DecisionAdvice("nothing is refused in this mode: mode = \"enforce\"", place: place))
            return advice
        }
        // Only the profile let it pass.
        let isAgainst = decision.would.contains {
            Decider($0) == nil && $0.contains(": policy: \(decision.by)")
        }
        if isAgainst { return advice }
        advice.append(
            DecisionAdvice(
                "to refuse such messages, change this block, or put one that denies before it",
                place: place))
        if !peer.isEmpty, let policy,
            let block = policy.lists.first(where: { $0.stance == .block && $0.tier == .own })
        {
            advice.append(
                line(
                    "to keep the peer out, add it to [list.\(block.name)]", peer, in: block,
                    policy))
        }
        return advice
    }

    /// What would have refused a message that was let through.
    private static func onTrial(_ name: String, _ policy: Policy?) -> DecisionAdvice {
        guard let decider = Decider(name) else {
            return DecisionAdvice("profile = \"observe\" let it pass: \(name)")
        }
        let isWhole = policy?.mode == .report
        let place = policy?.place(of: isWhole ? Decider.mode(.report).name : name)?.description
        switch decider {
        case .rule:
            return DecisionAdvice(
                "\(name) would have decided; mode = \"report\" let the others", place: place)
        case .undecided, .guard, .ownSite, .list, .unknown, .requirement, .limit, .fallback,
            .advertisedKeys, .pingPong, .mode:
            return DecisionAdvice(
                "\(name) would have refused it; mode = \"report\" let it through", place: place)
        }
    }
}

extension Policy {
    /// What a selector names, as the policy writes it.
    fileprivate func words(of peers: PeerSelector) -> [String] {
        peers.lists.map { "@\(lists[$0].name)" } + peers.patterns.map(\.description)
    }
}
