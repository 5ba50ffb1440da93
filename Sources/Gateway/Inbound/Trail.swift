import Federation
import HTTPSignatures
import OpenSSL
import Synchronization
import Transport

/// What happens to one message on its way, for the one line that the log gets of it, and the one
/// record that the journal gets.
///
/// Carries the policy that was in force when the message came, so that a swap meanwhile changes
/// nothing for it. One task writes it; the lock is for the compiler.
final class Trail: Sendable {
    let snapshot: PolicySnapshot
    let decision: String
    private let state: Mutex<JournalRecord>
    /// Whether the journal has room for the record.
    private let place = Mutex(JournalQueue.Place.none)
    private let member = Mutex<UnderWay.Member?>(nil)
    private let judgement = Mutex(Judged())
    private let environment: Environment
    private let watch: Mutex<Stopwatch>
    private let fingerprint: HMACKey

    /// - Parameters:
    ///   - kind: the word of the log for such messages.
    ///   - now: unix seconds.
    init(
        _ kind: String, _ direction: DecisionRecord.Direction = .inbound,
        from client: ClientConnection, now: Int, under snapshot: PolicySnapshot, clock: Environment,
        fingerprint: HMACKey
    ) {
        self.snapshot = snapshot
        environment = clock
        watch = Mutex(Stopwatch(at: clock.monotonicMicroseconds()))
        decision = DecisionID.make(now: now)
        self.fingerprint = fingerprint
        var record = DecisionRecord(
            id: decision, kind: kind, direction: direction, action: .fail,
            by: Decider.undecided.name, status: 500, client: client.addressText)
        record.policy = snapshot.policy.hash
        record.certificate = client.shownCertificate
        record.lists = snapshot.policy.contentsHash
        record.signature = DecisionRecord.Signature(generation: "none", result: "unchecked")
        state = Mutex(JournalRecord(record))
    }

    var policy: Policy { snapshot.policy }

    /// What came of the judgement, beside the record.
    private struct Judged {
        /// Settled when the message is over.
        var pending: PendingRoom?
        var held: (host: PeerHost?, standing: Standing, denial: Denial)?
        /// What the lists say of the peer that is judged.
        var standing: Standing?
    }

    /// A peer may send many secrets; one line tells of so many.
    private static let loggedSecrets = 4

    private func note(_ change: (inout DecisionRecord) -> Void) {
        state.withLock { change(&$0.decision) }
    }

    /// The time until the next such call is this phase's; nil for what is none of them.
    func enters(_ phase: Stopwatch.Phase?) {
        let now = environment.monotonicMicroseconds()
        watch.withLock { $0.enters(phase, at: now) }
    }

    /// The body as it came, for a journal that keeps bodies.
    func keep(_ body: JournalBody) { state.withLock { $0.body = body } }

    /// The message is let through; until this is gone it is one of those under way.
    func join(_ underWay: UnderWay) { member.withLock { $0 = underWay.enter() } }

    /// The journal has room for the record.
    func markReserved() { place.withLock { $0 = .taken } }

    /// The message was read.
    ///
    /// - Parameters:
    ///   - peer: whom it claims to come from, or goes to.
    ///   - ours: the names of this site, its own first.
    ///   - now: when it came, unix seconds.
    func read(
        _ message: Message, _ claim: Claim?, as occasion: Occasion, peer: PeerHost?,
        ours: [PeerHost], now: Int
    ) {
        var facts = Facts(occasion, peer: peer, now: now)
        facts.fill(from: message, ours: ours)
        if let claim { facts.alsoNamed = claim.hosts(besides: peer) }
        state.withLock { record in
            record.facts = facts
            record.body?.members = message.members
        }
        note { record in
            record.claimed = claim?.peer.description
            record.fill(from: message)
            record.fingerprints = message.secrets.prefix(Self.loggedSecrets).map {
                $0.fingerprint(key: fingerprint)
            }
        }
    }

    func noteStanding(_ standing: Standing) {
        judgement.withLock { $0.standing = standing }
        note { $0.standing = standing.by }
    }

    func presented(_ signature: PresentedSignature, now: Int) {
        note { record in
            record.signature = signature.logged(now: now)
        }
    }

    func verified(by peer: PeerHost, algorithm: SignatureAlgorithm) {
        note { record in
            record.peer = peer.description
            record.signature?.algorithm = algorithm.rawValue
            record.signature?.result = "verified"
        }
    }

    /// The policy judged the message, by what it knew of it.
    func judged(_ judgement: Judgement, _ facts: Facts) {
        let verdict = judgement.verdict
        state.withLock { record in
            record.facts = facts
            record.checks = verdict.checks
        }
        self.judgement.withLock { $0.pending = judgement.pending }
        noteCandidate(judgement.beside)
        note { record in
            record.by = verdict.by
            record.would += verdict.would
            record.checks = verdict.checks.compactMap(\.logged)
        }
    }

    /// The lists do not let the message in, for what they say of this host: the claimed peer, or
    /// another one that it names. What the policy knew of it is then that it came from there, and no
    /// check behind the lists was reached.
    func noteTurnedAway(by standing: Standing, of host: PeerHost?) {
        let place = policy.place(of: standing)?.description
        state.withLock { record in
            record.facts?.speak(for: host)
            guard let facts = record.facts else { return }
            reachedOnly(standing, facts, in: &record)
            record.decision.place = place
        }
    }

    /// The policy was asked what the lists say, and no more.
    private func reachedOnly(
        _ standing: Standing, _ facts: Facts, in record: inout JournalRecord
    ) {
        record.checks = policy.checks(of: facts, upTo: standing)
        record.decision.checks = record.checks.compactMap(\.logged)
    }

    /// What the candidate says of the message.
    func noteCandidate(_ beside: BesideVerdict?) {
        guard let beside else { return }
        state.withLock { record in
            record.candidate = JournalRecord.Candidate(beside.verdict, of: beside.policy)
            record.decision.candidate = DecisionRecord.Candidate(beside)
        }
    }

    /// A host of the message that waits for a person, and what of the policy holds it; the first
    /// counts.
    func noteHeld(_ host: PeerHost?, by standing: Standing, _ denial: Denial) {
        judgement.withLock { if $0.held == nil { $0.held = (host, standing, denial) } }
    }

    /// That host; nil when nothing waits, and for a message that names nobody.
    var heldPeer: PeerHost? { judgement.withLock { $0.held?.host } }

    /// Why the message has to wait although the policy would let the peer's pass; nil when it has
    /// not.
    func heldBack(from peer: PeerHost?) -> Denial? {
        guard let held = judgement.withLock({ $0.held }) else { return nil }
        noteTurnedAway(by: held.standing, of: held.host)
        // Who was taken to speak before the signature was verified may be another than who signed.
        guard let host = held.host, host != peer, !held.denial.isAboutNamed else {
            return held.denial
        }
        return held.denial.about(host)
    }

    /// What is known of the message so far; nil before it was read.
    var facts: Facts? { state.withLock { $0.facts } }

    /// Something that would have refused the message, and was let pass by the profile.
    func tolerated(_ denial: Denial) {
        let text = denial.asTolerated
        note { record in
            if !record.would.contains(text) { record.would.append(text) }
        }
    }

    func altered(_ word: String) { note { $0.altered.append(word) } }

    func exchanged(_ share: ShareRecord) { note { $0.share = share.id.description } }

    func backendAnswered(_ status: Int) { note { $0.backendStatus = status } }

    func backendFailed(_ code: String) { note { $0.detail = code } }

    /// The peer that a message goes out to.
    func addressed(_ peer: PeerHost) { note { $0.peer = peer.description } }

    func signed(as generation: SignatureGeneration) {
        note { record in
            record.signature = .init(
                generation: generation.name, result: generation == .none ? "absent" : "made")
        }
    }

    func peerAnswered(_ status: Int) { note { $0.peerStatus = status } }

    func answered(_ status: Int) {
        note { record in
            record.action = .allow
            record.status = status
        }
    }

    func refused(_ denial: Denial, status: Int) {
        let standing = judgement.withLock { $0.standing }
        state.withLock { record in
            if record.checks.isEmpty, let standing, let facts = record.facts {
                reachedOnly(standing, facts, in: &record)
            }
        }
        note { record in
            record.action = DecisionRecord.Action(denial)
            record.status = status
            record.code = denial.disclosedCode
            record.detail =
                denial.ruling?.block == nil || denial.isAboutNamed ? denial.detail : nil
            record.words = denial.words
            if let fault = denial.fault { record.signature?.result = fault.rawValue }
            record.by = denial.by
            if record.place == nil {
                record.place = denial.ruling?.block.flatMap { policy.place(of: $0)?.description }
            }
        }
    }

    /// The finished record, and whether the journal has a place for it; that is the caller's from now
    /// on.
    func finished() -> (record: JournalRecord, place: JournalQueue.Place) {
        let now = environment.monotonicMicroseconds()
        let timings = watch.withLock { $0.stop(at: now) }
        judgement.withLock { $0.pending?.end() }
        let place = place.withLock { place in
            defer { place = .none }
            return place
        }
        let record = state.withLock { record in
            record.decision.timings = timings
            return record
        }
        return (record, place)
    }
}

extension Facts {
    /// Makes another host of the message its peer.
    fileprivate mutating func speak(for host: PeerHost?) {
        guard host != peer else { return }
        alsoNamed = ([peer].compactMap { $0 } + alsoNamed).filter { $0 != host }
        peer = host
    }
}

extension Policy {
    /// The checks of what was refused before the policy judged it whole: those behind the lists were
    /// not reached, whatever they would have said.
    func checks(of facts: Facts, upTo standing: Standing) -> [Check] {
        let checks = evaluate(facts, standing, room: Policy.roomForAll).checks
        return checks.prefix(1) + checks.dropFirst().map { Check($0.name, .notReached) }
    }
}

extension DecisionRecord.Candidate {
    /// nil when the candidate says the same.
    init?(_ beside: BesideVerdict) {
        guard beside.differs else { return nil }
        policy = beside.policy
        action = beside.verdict.action.rawValue
        by = beside.verdict.by
        code = beside.verdict.code
    }
}

extension DecisionRecord.Action {
    /// What becomes of a message that is refused so.
    init(_ denial: Denial) {
        switch denial.code {
        case .held, .peerHeld, .keyChanged: self = .hold
        case let code: self = code.isFailure ? .fail : .deny
        }
    }
}

extension DecisionRecord {
    /// What the message says, without its secrets.
    fileprivate mutating func fill(from message: Message) {
        switch message {
        case .share(let share):
            shareType = share.shareType
            resourceType = share.resourceType
            protocols = share.protocols.map(\.name)
            permissions = share.permissions.facts.words
            requirements = share.requires(.mustExchangeToken) ? ["must-exchange-token"] : []
            providerID = share.providerID.text
        case .notification(let notification):
            notificationType = notification.type.word
            resourceType = notification.resourceType
            providerID = notification.providerID.text
        case .inviteAccepted, .requestShare, .token: break
        case .ocsShare(let share):
            shareType = share.shareType
            providerID = share.providerID.text
        case .ocsChange(let change):
            notificationType = change.notificationType.word
            providerID = change.providerID.text
        }
    }
}

extension PresentedSignature {
    /// What the log says of the signature before it is verified.
    fileprivate func logged(now: Int) -> DecisionRecord.Signature {
        switch self {
        case .none: return .init(generation: generation.name, result: "absent")
        case .rfc9421(let signature):
            var logged = DecisionRecord.Signature(generation: generation.name, result: "unchecked")
            logged.keyID = signature.input.parameters.keyID
            logged.algorithm = signature.input.parameters.algorithm
            logged.covered = signature.input.components.map(\.text)
            logged.created = signature.input.parameters.created
            logged.offset = signature.input.parameters.created.map { now - $0 }
            return logged
        case .cavage(let signature):
            var logged = DecisionRecord.Signature(generation: generation.name, result: "unchecked")
            logged.keyID = signature.keyID
            logged.algorithm = signature.algorithm
            logged.covered = signature.headers
            logged.created = signature.created
            return logged
        }
    }
}

extension Check {
    /// Checks that were about this message, in words; the others only fill the line.
    fileprivate var logged: DecisionRecord.Check? {
        switch result {
        case .notApplicable, .notReached, .off: nil
        case .passed, .allowed, .refused, .held, .reported:
            DecisionRecord.Check(name: name, result: result.rawValue, reason: reason.text)
        }
    }
}

extension Check.Reason {
    /// The reason in words; nil when there is nothing to say.
    package var text: String? {
        switch self {
        case .none: nil
        case .entry(let list, let pattern, let note, _):
            "\(pattern) in @\(list)" + (note.map { " (\($0))" } ?? "")
        case .onNoList: "on no list"
        case .notLoaded(let list): "@\(list) could block it, and was never loaded"
        case .missing(let need): "needs \(need.rawValue)"
        case .advertisesKeys: "the peer publishes keys, so it has to sign"
        case .otherOccasion: "about other messages"
        case .otherPeer: "about other peers"
        case .exceptedPeer: "the peer is excepted"
        case .condition(let key): "\(key) does not match"
        case .noRule: "no rule matched"
        case .noRoom(let seconds): "no room for \(seconds) s"
        }
    }
}
