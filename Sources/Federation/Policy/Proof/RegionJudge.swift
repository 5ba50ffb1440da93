/// A policy that judges whole regions of messages: the same steps in the same order as
/// ``Policy/evaluate(_:_:room:)``, but where messages of the region would part it asks for the
/// region to be split.
struct RegionJudge {
    /// How much of a verdict is asked for.
    enum Depth {
        /// Allow, deny or hold.
        case action
        /// That, and what is only reported.
        case effect
        /// All that the peer and the tests can see.
        case answer
    }

    /// How far it came with a region: to a ruling, or to a question by which the region has to be split.
    enum Step {
        case decided(Ruling)
        case split(Question)
    }

    /// What a policy says of a region; of what was not asked for, nothing is said.
    struct Ruling: Hashable {
        var action: Verdict.Action
        var by = ""
        var code: String?
        var status: Int?
        var hint: String?
        var settings: [String] = []
        var would: Set<String> = []
    }

    /// A question, and the answer with which it goes on.
    struct Literal {
        let question: Question
        let isWanted: Bool
        /// A question that is enough by itself when it is answered with yes.
        let alternative: Question?

        init(_ question: Question, _ isWanted: Bool = true, or alternative: Question? = nil) {
            self.question = question
            self.isWanted = isWanted
            self.alternative = alternative
        }

        /// The parts of a region in which it holds; one may be empty.
        func parts(of region: Region) -> [Region] {
            let own = isWanted ? region.with(question) : region.without(question)
            guard let alternative else { return [own] }
            let rest = isWanted ? region.without(question) : region.with(question)
            return [own, rest.with(alternative)]
        }
    }

    /// What must be met, of the messages of a kind when one is named.
    struct Demand {
        let met: Question
        let when: Question?

        init(met: Question, when: Question? = nil) {
            self.met = met
            self.when = when
        }
    }

    private struct Block {
        let label: String
        let mode: PolicyMode
        /// All of them: the block is about the message.
        let scope: [Literal]
        /// Of a requirement: what must be met, each with the refusal.
        var needs: [(demand: Demand, refusal: Refusal)] = []
        /// Of a limit.
        var room: (full: Question, refusal: Refusal)?
        /// Of a rule.
        var ruling: Rule.Ruling?
    }

    private let policy: Policy
    private let standings: [(members: Question, standing: Standing)]
    private let unsigned: [Literal]
    private let before: [Block]
    private let rules: [Block]
    /// The place behind the last rule that is only reported.
    private let lastReport: Int

    init(_ policy: Policy, _ number: Int, _ space: MessageSpace) {
        self.policy = policy
        var standings: [String: Standing] = [:]
        for peer in space.peers.classes {
            standings[peer.standings[number].by] = peer.standings[number]
        }
        self.standings = standings.sorted { $0.key < $1.key }.map { by, standing in
            (space.question { $0.standings[number].by == by }, standing)
        }
        let scopes = ScopeLiterals(space: space, policy: number)
        unsigned = [
            Literal(space.question(.occasion) { $0.occasion.isHeldToKeys }),
            Literal(scopes.question(.peerKeys)),
            Literal(space.question(.signature) { $0.signature.isValid }, false),
        ]
        var before = policy.requirements.map { block in
            Block(
                label: block.label, mode: block.mode,
                scope: scopes.literals(block.scope, .restricts),
                needs: zip(block.needs, block.refusals).flatMap { need, refusal in
                    scopes.demands(need).map { ($0, refusal) }
                })
        }
        before.append(
            Block(
                label: Policy.pingPongLabel, mode: .enforce,
                scope: [Literal(space.question(.notificationType) { $0.mayPingPong })],
                room: (space.question(full: Policy.pingPongLabel), policy.refusals.pingPong)))
        before += policy.limits.map { block in
            Block(
                label: block.label, mode: block.mode,
                scope: scopes.literals(block.scope, .restricts),
                room: (space.question(full: block.name), block.refusal))
        }
        self.before = before
        rules = policy.rules.map { block in
            Block(
                label: block.label, mode: block.mode,
                scope: scopes.literals(block.scope, block.effect), ruling: block.ruling)
        }
        lastReport = (policy.rules.lastIndex { $0.mode == .report } ?? -1) + 1
    }

    func judge(_ region: Region, _ depth: Depth) -> Step {
        if policy.mode == .open { return .decided(Ruling(action: .allow, by: Policy.openLabel)) }
        if policy.mode == .report, depth == .action { return .decided(Ruling(action: .allow)) }
        var judgement = RegionJudgement(mode: policy.mode, depth: depth)
        let possible = standings.filter { region.answer($0.members) != false }
        guard let first = possible.first else { return .decided(Ruling(action: .allow)) }
        if depth == .action, possible.count > 1,
            possible.allSatisfy({ $0.standing.refusal?.action == first.standing.refusal?.action })
        {
            // They differ in name only.
        } else if possible.count > 1 {
            return .split(first.members)
        }
        judgement.take(first.standing)
        if judgement.isOver { return .decided(judgement.ruling) }
        if judgement.needs(.enforce) {
            switch Self.answer(unsigned, region) {
            case .unknown(let question): return .split(question)
            case .no: break
            case .yes:
                judgement.refuse(Policy.advertisedKeysLabel, policy.refusals.unsigned, .enforce)
            }
        }
        for block in before {
            if judgement.isOver { return .decided(judgement.ruling) }
            if let question = judge(block, region, &judgement) { return .split(question) }
        }
        for (place, rule) in rules.enumerated() {
            if judgement.isOver { return .decided(judgement.ruling) }
            if judgement.isDecided
                || judgement.isRefused && policy.mode == .enforce && place >= lastReport
            {
                break
            }
            if rule.mode == .open || rule.mode == .report && depth == .action { continue }
            switch Self.answer(rule.scope, region) {
            case .unknown(let question): return .split(question)
            case .no: continue
            case .yes: break
            }
            if rule.mode == .report {
                judgement.report(rule.label)
            } else if let ruling = rule.ruling {
                judgement.decide(rule.label, ruling)
            }
        }
        if !judgement.isDecided {
            switch policy.fallback {
            case .allow: judgement.decide(Decider.fallback.name, .allow(.none))
            case .deny:
                judgement.decide(Decider.fallback.name, .deny(policy.refusals.fallback))
            }
        }
        return .decided(judgement.ruling)
    }

    /// A requirement or a limit; the question that has to be answered first, if there is one.
    private func judge(
        _ block: Block, _ region: Region, _ judgement: inout RegionJudgement
    ) -> Question? {
        guard judgement.needs(block.mode) else { return nil }
        // What has been refused takes nobody's room.
        if block.room != nil, judgement.isRefused { return nil }
        switch Self.answer(block.scope, region) {
        case .unknown(let question): return question
        case .no: return nil
        case .yes: break
        }
        for (demand, refusal) in block.needs {
            if let when = demand.when {
                switch region.answer(when) {
                case nil: return when
                case false?: continue
                case true?: break
                }
            }
            switch region.answer(demand.met) {
            case nil: return demand.met
            case true?: continue
            case false?:
                judgement.refuse(block.label, refusal, block.mode)
                return nil
            }
        }
        if let (full, refusal) = block.room {
            switch region.answer(full) {
            case nil: return full
            case true?: judgement.refuse(block.label, refusal, block.mode)
            case false?: break
            }
        }
        return nil
    }

    private enum Answer {
        case yes
        case no
        case unknown(Question)
    }

    /// One literal that fails is enough, whatever the others say.
    private static func answer(_ literals: [Literal], _ region: Region) -> Answer {
        var open: Question?
        for literal in literals {
            let answer = region.answer(literal.question)
            if answer == literal.isWanted { continue }
            let other = literal.alternative.map(region.answer) ?? false
            if other == true { continue }
            if answer != nil, other == false { return .no }
            open = open ?? (answer == nil ? literal.question : literal.alternative)
        }
        return open.map { .unknown($0) } ?? .yes
    }
}

/// A judgement of a region under way.
private struct RegionJudgement {
    private let mode: PolicyMode
    private let depth: RegionJudge.Depth
    private var refused: (by: String, refusal: Refusal)?
    private var decided: (by: String, settings: RuleSettings)?
    private var would: Set<String> = []

    init(mode: PolicyMode, depth: RegionJudge.Depth) {
        self.mode = mode
        self.depth = depth
    }

    var isRefused: Bool { refused != nil }
    var isDecided: Bool { decided != nil }
    /// Whether nothing that is asked for can change any more.
    var isOver: Bool { isRefused && depth == .action }

    /// Whether a block of this mode can change anything.
    func needs(_ block: PolicyMode) -> Bool {
        switch block {
        case .open: false
        case .report: depth != .action
        case .enforce: mode == .report || refused == nil
        }
    }

    mutating func take(_ standing: Standing) {
        if let refusal = standing.refusal {
            refused = (standing.by, refusal)
        } else if let name = standing.would {
            would.insert(name)
        }
    }

    mutating func report(_ name: String) { would.insert(name) }

    mutating func refuse(_ name: String, _ refusal: Refusal, _ block: PolicyMode) {
        if mode != .enforce || block != .enforce {
            would.insert(name)
        } else if refused == nil {
            refused = (name, refusal)
        }
    }

    mutating func decide(_ name: String, _ ruling: Rule.Ruling) {
        switch ruling {
        case .allow(let settings): decided = (name, settings)
        case .deny(let refusal), .hold(let refusal):
            refuse(name, refusal, .enforce)
            decided = (Policy.reportLabel, .none)
        }
    }

    var ruling: RegionJudge.Ruling {
        var ruling = RegionJudge.Ruling(action: refused?.refusal.action ?? .allow)
        if depth != .action { ruling.would = would }
        guard depth == .answer else { return ruling }
        if let refused {
            ruling.by = refused.by
            ruling.code = refused.refusal.code
            ruling.status = refused.refusal.status
            ruling.hint = refused.refusal.hint
        } else {
            ruling.by = decided?.by ?? Policy.reportLabel
            ruling.settings = (decided?.settings ?? .none).words
        }
        return ruling
    }
}
