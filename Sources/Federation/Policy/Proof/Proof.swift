/// What became of an invariant.
package enum Proof: Sendable {
    /// No message breaks it: all were looked at, in so many regions. None at all: no message is of
    /// its class.
    case proved(regions: Int)
    /// This message does.
    case broken(Counterexample)
    /// It could not be told; never to be taken for a proof.
    case open(reason: String)
}

/// A message for which a policy does what an invariant says it never does.
package struct Counterexample: Sendable {
    package let invariant: Invariant
    package let facts: Facts
    /// Entries that downloaded lists would have to hold, by their names.
    package let lists: [String: [ListEntry]]
    /// The limits that would have no room.
    package let full: Set<String>
    /// What the policy says of it; in report mode, what it would say.
    package let verdict: Verdict
}

extension Policy {
    /// Proves an invariant for every message that the policy can tell apart, or finds one that
    /// breaks it.
    ///
    /// A policy in report mode refuses nothing yet: it is proved of what it would refuse. That of
    /// one block stays: a block that is only reported keeps no promise.
    package func prove(
        _ invariant: Invariant, progress: @escaping @Sendable (_ regions: Int) -> Void = { _ in }
    ) -> Proof {
        // Whatever downloaded lists hold today, they may hold anything else.
        guard unloaded.isEmpty else { return asWritten.prove(invariant, progress: progress) }
        guard mode != .report else { return enforced.prove(invariant, progress: progress) }
        do throws(ProofLimit) {
            let space = try MessageSpace([self], asked: [invariant.given])
            let given = ScopeLiterals(space: space, policy: 0).literals(invariant.given)
            let starts = given.reduce(space.possible) { regions, literal in
                regions.flatMap { literal.parts(of: $0) }
            }.filter { !$0.isEmpty }
            var found: Counterexample?
            var doubt: String?
            let regions = try Exploration([self], in: space, .action, progress: progress)
                .visit(starts) { region, rulings in
                    guard rulings.first?.action == invariant.never else { return .on }
                    switch counterexample(to: invariant, in: region, of: space) {
                    case .found(let message):
                        found = message
                        return .stop
                    case .doubtful(let reason):
                        doubt = doubt ?? reason
                        return .on
                    }
                }
            if let found { return .broken(found) }
            return doubt.map { .open(reason: $0) } ?? .proved(regions: regions)
        } catch {
            return .open(reason: error.description)
        }
    }

    /// The same policy with `mode = "enforce"`; its hash is that of this one.
    var enforced: Policy {
        var parts = self.parts
        parts.mode = .enforce
        return Policy(parts, file: file, hash: hash)
    }

    private enum Search {
        case found(Counterexample)
        case doubtful(String)
    }

    private func counterexample(
        to invariant: Invariant, in region: Region, of space: MessageSpace
    ) -> Search {
        guard var message = space.message(in: region) else {
            return .doubtful("no address was found that the patterns leave open here")
        }
        guard var verdict = breaks(invariant, message) else {
            return .doubtful("the policy judges a message otherwise than the proof")
        }
        for change in SampleMessage.simplifications {
            let simpler = change(message)
            if let found = breaks(invariant, simpler) { (message, verdict) = (simpler, found) }
        }
        return .found(
            Counterexample(
                invariant: invariant, facts: message.facts, lists: message.lists,
                full: message.full, verdict: verdict))
    }

    /// The verdict on a message, when it is of the invariant's class and breaks it.
    private func breaks(_ invariant: Invariant, _ message: SampleMessage) -> Verdict? {
        let (verdict, standing) = judge(message)
        guard verdict.action == invariant.never,
            invariant.given.contains(message.facts, standing)
        else { return nil }
        return verdict
    }

    /// What the policy says of a message, with the downloaded lists as the message wants them.
    func judge(_ message: SampleMessage) -> (verdict: Verdict, standing: Standing) {
        var entries: [Int: [ListEntry]] = [:]
        for (place, list) in lists.enumerated() where list.tier == .downloaded {
            entries[place] = message.lists[list.name] ?? []
        }
        let policy = replacing(entries)
        let standing = policy.standing(of: message.facts.peer, now: message.facts.now)
        let verdict = policy.evaluate(message.facts, standing) { limit in
            let name = limits.indices.contains(limit) ? limits[limit].name : Policy.pingPongLabel
            return message.full.contains(name) ? .full(retryAfter: 60) : .room
        }
        return (verdict, standing)
    }
}

extension SampleMessage {
    /// Changes that make a message more ordinary, one thing at a time.
    static var simplifications: [(SampleMessage) -> SampleMessage] {
        facts.map { change in
            { message in
                var message = message
                let ordinary = Facts.ordinary(
                    message.facts.occasion, peer: message.facts.peer, now: message.facts.now,
                    isChange: message.facts.notificationType != nil)
                change(&message.facts, ordinary)
                return message
            }
        } + [
            { SampleMessage(facts: $0.facts, lists: [:], full: $0.full) },
            { message in
                let host = message.facts.peer.flatMap { HostPattern($0.name) }
                let entries = host.map { [ListEntry(pattern: $0)] } ?? []
                return SampleMessage(
                    facts: message.facts, lists: message.lists.mapValues { _ in entries },
                    full: message.full)
            },
            { SampleMessage(facts: $0.facts, lists: $0.lists, full: []) },
            { message in
                var message = message
                message.facts.now = PolicyTest.ordinaryNow
                return message
            },
        ]
    }

    private static var facts: [(inout Facts, Facts) -> Void] {
        [
            // First: what else is ordinary may hang on it.
            { facts, _ in
                if facts.occasion.kind == .ocs { facts.notificationType = nil }
            },
            { $0.signature = $1.signature }, { $0.peerKeys = $1.peerKeys },
            { $0.access = $1.access }, { $0.invite = $1.invite }, { $0.mfa = $1.mfa },
            { $0.keyPinned = $1.keyPinned }, { $0.mtls = $1.mtls },
            { $0.shareType = $1.shareType }, { $0.resourceType = $1.resourceType },
            { $0.protocols = $1.protocols }, { $0.permissions = $1.permissions },
            { $0.accessTypes = $1.accessTypes }, { $0.size = $1.size }, { $0.owner = $1.owner },
            { $0.sender = $1.sender },
            // Who shares what is his own is both.
            { facts, _ in facts.sender = facts.owner },
            { $0.recipient = $1.recipient }, { $0.notificationType = $1.notificationType },
            { $0.address = $1.address }, { $0.software = $1.software },
        ]
    }
}

extension SampleMessage {
    /// The plainest form of a message that keeps what both policies say of it.
    func plain(for old: Policy, _ new: Policy) -> SampleMessage {
        var message = self
        let wanted = (old.judge(message).verdict.told, new.judge(message).verdict.told)
        for change in SampleMessage.simplifications {
            let simpler = change(message)
            if (old.judge(simpler).verdict.told, new.judge(simpler).verdict.told) == wanted {
                message = simpler
            }
        }
        return message
    }
}

extension Verdict {
    /// What `want` of a test can ask for.
    fileprivate var told: [String] {
        [action.rawValue, by, code ?? "", status.map { String($0) } ?? ""] + would.sorted()
    }
}
