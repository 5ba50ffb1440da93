import Federation
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
    private let state: Mutex<State>
    private let environment: Environment
    private let fingerprint: HMACKey

    private struct State {
        var record: JournalRecord
        var watch: Stopwatch
        /// Whether the journal has room for the record.
        var place = JournalQueue.Place.none
        var member: UnderWay.Member?
        /// What came of the judgement beside the record: settled when the message is over.
        var pending: PendingRoom?
        var held: (host: PeerHost?, standing: Standing, denial: Denial)?
        /// What the lists say of the peer that is judged.
        var standing: Standing?
    }

    /// - Parameters:
    ///   - kind: the word of the log for such messages.
    ///   - now: unix seconds.
    init(
        _ kind: String, _ direction: Direction = .inbound,
        from client: ClientConnection, now: Int, under snapshot: PolicySnapshot, clock: Environment,
        fingerprint: HMACKey
    ) {
        self.snapshot = snapshot
        environment = clock
        decision = DecisionID.make(now: now)
        self.fingerprint = fingerprint
        state = Mutex(
            State(
                record: JournalRecord(
                    DecisionRecord(
                        id: decision, kind: kind, direction: direction, action: .fail,
                        by: Decider.undecided.name, status: 500, client: client.addressText)),
                watch: Stopwatch(at: clock.monotonicMicroseconds())))
        note { record in
            record.policy = snapshot.policy.hash
            record.certificate = client.shownCertificate
            record.lists = snapshot.policy.contentsHash
            record.signature =
                switch direction {
                case .inbound: .unread
                case .outbound: .unmade
                }
        }
    }

    var policy: Policy { snapshot.policy }

    /// A peer may send many secrets; one line tells of so many.
    private static let loggedSecrets = 4

    /// Adds to what is told of it.
    func note(_ change: (inout DecisionRecord) -> Void) {
        state.withLock { change(&$0.record.decision) }
    }

    /// The time until the next such call is this phase's; nil for what is none of them.
    func enters(_ phase: Stopwatch.Phase?) {
        let now = environment.monotonicMicroseconds()
        state.withLock { $0.watch.enters(phase, at: now) }
    }

    /// The body as it came, for a journal that keeps bodies.
    func keep(_ body: JournalBody) { state.withLock { $0.record.body = body } }

    /// The message is let through; until this is gone it is one of those under way.
    func join(_ underWay: UnderWay) { state.withLock { $0.member = underWay.enter() } }

    /// The journal has room for the record.
    func markReserved(_ place: JournalQueue.Place) { state.withLock { $0.place = place } }

    /// The journal's place for the record.
    var place: JournalQueue.Place { state.withLock { $0.place } }

    /// The state has word of the message on its disk.
    func markKept() {
        state.withLock { if let slot = $0.place.slot { $0.place = .kept(slot) } }
    }

    /// What a process that is killed from now on leaves of the message.
    var owed: OwedRecords.Entry {
        state.withLock { OwedRecords.Entry($0.record.decision) }
    }

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
        let fingerprints = message.secrets.prefix(Self.loggedSecrets).map {
            $0.fingerprint(key: fingerprint)
        }
        state.withLock { state in
            state.record.facts = facts
            state.record.body?.members = message.members
            state.record.decision.claimed = claim?.peer.description
            state.record.decision.fill(from: message)
            state.record.decision.fingerprints = fingerprints
        }
    }

    /// A message of the backend's to its own site was read. No policy is asked about it, and nobody looks for a
    /// signature.
    func readOwn(_ message: Message, as occasion: Occasion, ours: [PeerHost], now: Int) {
        read(message, nil, as: occasion, peer: ours.first, ours: ours, now: now)
        note { record in
            record.by = Decider.ownSite.name
            record.signature = nil
        }
    }

    func noteStanding(_ standing: Standing) {
        state.withLock { state in
            state.standing = standing
            state.record.decision.standing = standing.by
        }
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
        state.withLock { state in
            state.pending = judgement.pending
            state.record.facts = facts
            state.record.checks = verdict.checks
            state.record.decision.by = verdict.by
            state.record.decision.would += verdict.would
            state.record.decision.checks = verdict.checks.compactMap(\.logged)
        }
        noteCandidate(judgement.beside)
    }

    /// The lists do not let the message in, for what they say of its peer, or of another host that it
    /// names: no check behind the lists was reached.
    ///
    /// - Parameters:
    ///   - host: which other host; nil for the peer.
    ///   - facts: what is known of it; nil for what is known already.
    func noteTurnedAway(
        by standing: Standing, of host: PeerHost? = nil, knowing facts: Facts? = nil
    ) {
        let place = policy.place(of: standing)?.description
        state.withLock { state in
            guard let facts = facts ?? state.record.facts else { return }
            state.record.facts = facts
            reachedOnly(standing, of: host, facts, in: &state.record)
            state.record.decision.place = place
        }
    }

    /// The policy was asked what the lists say, and no more.
    private func reachedOnly(
        _ standing: Standing, of host: PeerHost?, _ facts: Facts, in record: inout JournalRecord
    ) {
        record.checks = policy.checks(of: facts, upTo: standing, of: host)
        record.decision.checks = record.checks.compactMap(\.logged)
    }

    /// What the candidate says of the message.
    func noteCandidate(_ beside: BesideVerdict?) {
        state.withLock { $0.record.note(beside) }
    }

    /// A host of the message that waits for a person, and what of the policy holds it; the first
    /// counts.
    func noteHeld(_ host: PeerHost?, by standing: Standing, _ denial: Denial) {
        state.withLock { if $0.held == nil { $0.held = (host, standing, denial) } }
    }

    /// That host; nil when nothing waits, and for a message that names nobody.
    var heldPeer: PeerHost? { state.withLock { $0.held?.host } }

    /// Why the message has to wait although the policy would let the peer's pass; nil when it has
    /// not.
    func heldBack(from peer: PeerHost?) -> Denial? {
        guard let held = state.withLock({ $0.held }) else { return nil }
        noteTurnedAway(by: held.standing)
        // Who was taken to speak before the signature was verified may be another than who signed.
        guard let host = held.host, host != peer, held.denial.named == nil else {
            return held.denial
        }
        return held.denial.about(host)
    }

    /// What is known of the message so far; nil before it was read.
    var facts: Facts? { state.withLock { $0.record.facts } }

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
        if let host = denial.named { noteRefused(host, denial) }
        state.withLock { state in
            if state.record.checks.isEmpty, let standing = state.standing,
                let facts = state.record.facts
            {
                reachedOnly(standing, of: nil, facts, in: &state.record)
            }
        }
        note { record in
            record.refused(denial, under: policy)
            record.status = status
        }
    }

    /// The lists refuse a host that the message, or its peer, names: it is told of as one that the message
    /// named from the first.
    private func noteRefused(_ host: PeerHost, _ denial: Denial) {
        guard var facts else { return }
        if facts.peer != host, !facts.alsoNamed.contains(host) { facts.alsoNamed.append(host) }
        let standing = policy.standing(of: host, now: facts.now)
        noteTurnedAway(by: standing, of: host, knowing: facts)
        if standing.waits { noteHeld(host, by: standing, denial) }
    }

    /// The finished record, and whether the journal has a place for it; that is the caller's from now
    /// on.
    func finished() -> (record: JournalRecord, place: JournalQueue.Place) {
        let now = environment.monotonicMicroseconds()
        return state.withLock { state in
            state.record.decision.timings = state.watch.stop(at: now)
            state.pending?.end()
            defer { state.place = .none }
            return (state.record, state.place)
        }
    }
}

extension Policy {
    /// The checks of what was refused before the policy judged it whole: those behind the lists were
    /// not reached, whatever they would have said.
    ///
    /// - Parameter host: of which other host that is what the lists say; nil for the peer.
    func checks(of facts: Facts, upTo standing: Standing, of host: PeerHost?) -> [Check] {
        let checks = evaluate(facts, standing, room: Policy.roomForAll).checks
        let first = checks.prefix(1).map { check in
            host.map { Check(check.name, check.result, .of($0, check.reason)) } ?? check
        }
        return first + checks.dropFirst().map { Check($0.name, .notReached) }
    }
}
