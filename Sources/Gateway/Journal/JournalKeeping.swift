import Federation
import Foundation
import Transport

/// Whether decisions are recorded, and what of them.
package enum JournalKeeping: Sendable {
    /// `journal.dir = ""`.
    case off
    case on(Journal, Configuration.JournalSettings.Bodies)

    /// Opens the journal that the configuration names, and records what the state has word of, and that
    /// another policy is in force than at its end.
    init(
        _ configuration: Configuration, _ policy: Policy, _ site: Site, _ seal: SealKey,
        _ key: JournalKey?,
        _ environment: Environment, _ log: GatewayLog, _ store: Store, _ underWay: UnderWay
    ) throws {
        let left = try store.read(OwedWord.left)
        if let settings = configuration.journal {
            let disk = JournalDisk.Settings(
                settings, state: configuration.state.file, site: site.host)
            let key =
                try key
                ?? JournalKey.load(folder: configuration.signature.keys, whenMissing: .make)
            self = .on(
                try Journal(
                    disk, key, seal, log, interval: settings.checkpoint, clock: environment,
                    milliseconds: { Int(Date().timeIntervalSince1970 * 1000) },
                    underWay: underWay, policy: PolicyHashes(policy), left: left),
                settings.bodies)
        } else {
            self = .off
            // Word of it stays for when there is a journal again.
            return
        }
        if left.next > 1 { store.commitLater([OwedWord.removal(below: left.next)]) }
    }

    /// Makes sure of room for a record before what it is about takes effect.
    ///
    /// Refused: `journal_unavailable`.
    func reserve(
        _ entry: @autoclosure () -> OwedRecords.Entry
    ) async throws(Denial) -> JournalQueue.Place {
        switch self {
        case .off: return .none
        case .on(let journal, _): return try await journal.reserve(entry())
        }
    }

    /// Makes sure of room for the record of a message of which the state is to have word (`owing`).
    ///
    /// Refused: `journal_unavailable`.
    func takePlace() async throws(Denial) -> JournalQueue.Place {
        switch self {
        case .off: return .none
        case .on(let journal, _): return .free(try await journal.takePlace())
        }
    }

    /// Word of a message that has a place, for the commit before it takes effect.
    func owing(
        _ entry: @autoclosure () -> OwedRecords.Entry, _ place: JournalQueue.Place
    ) -> Change? {
        guard case .on(let journal, _) = self, let slot = place.slot else { return nil }
        return journal.owing(entry(), slot)
    }

    /// Takes word of messages out of the state whose records are on the disk.
    func settle() -> Change? {
        guard case .on(let journal, _) = self else { return nil }
        return journal.settle()
    }

    /// Returns when the record is as safe as `Journal.append` makes it if it lets something through; else
    /// at once.
    ///
    /// - Parameter members: the decision's fields, written.
    func append(
        _ record: JournalRecord, _ members: LogMembers, _ place: JournalQueue.Place
    ) async throws(Denial) {
        guard case .on(let journal, _) = self else { return }
        switch (record.decision.action, place) {
        case (.allow, _): try await journal.append(record, members, place)
        case (.deny, .none), (.hold, .none), (.fail, .none): journal.note(record, members)
        // What had no effect is a refusal like any other.
        case (.deny, .free), (.hold, .free), (.fail, .free):
            journal.giveBack(place)
            journal.note(record, members)
        // Whom it was for may have it.
        case (.deny, _), (.hold, _), (.fail, _): journal.noteFailure(record, members, place)
        }
    }

    /// For refusals: nobody waits.
    func note(_ record: JournalRecord, _ members: @autoclosure () -> LogMembers) {
        guard case .on(let journal, _) = self else { return }
        journal.note(record, members())
    }

    /// Why the signature of a message that was refused before has failed.
    func note(_ miss: NearMiss) {
        guard case .on(let journal, _) = self else { return }
        journal.note(miss)
    }

    /// Whom an erasure means, if it is one of these or says so itself.
    func subject(
        _ erasure: JournalErasure, among subjects: Set<JournalSubject>
    ) throws -> JournalSubject? {
        switch (self, erasure) {
        case (.on(let journal, _), _): return try journal.subject(erasure, among: subjects)
        case (.off, .subject(let subject)): return subject
        case (.off, .pseudonym): return nil
        }
    }

    /// Carries out `journal erase`.
    ///
    /// - Parameter ours: the names of the site, its own first.
    func erase(_ text: String, ours: [PeerHost]) async -> OrderAnswer {
        guard case .on(let journal, _) = self else {
            return .refused("the gateway that runs keeps no journal")
        }
        guard let erasures = JournalErasure.all(text, ours: ours) else {
            return .refused(JournalErasure.refusal(of: text))
        }
        var pseudonym: JournalPseudonym?
        var denial: Denial?
        // What is wrong with one name leaves the others to be forgotten.
        for erasure in erasures {
            do throws(Denial) {
                let found = try await journal.erase(erasure)
                pseudonym = pseudonym ?? found
            } catch { denial = denial ?? error }
        }
        if let denial { return .refused(denial.detail) }
        return .done(pseudonym.map { ["pseudonym": $0.description] } ?? [:])
    }

    /// Writes that another policy is in force, if it is another; a journal that cannot be written says
    /// so itself.
    func tellPolicy(_ now: Policy, after before: Policy) async {
        let hashes = (was: PolicyHashes(before), now: PolicyHashes(now))
        guard hashes.was != hashes.now, case .on(let journal, _) = self else { return }
        try? await journal.tellPolicy(was: hashes.was, now: hashes.now)
    }

    /// - Parameter store: is closed next.
    func close(_ store: Store) {
        guard case .on(let journal, _) = self else { return }
        journal.close()
        store.commitLater([journal.settle()].compactMap { $0 })
    }
}

extension JournalErasure {
    /// What is said of a text that names nobody.
    package static func refusal(of text: String) -> String {
        "\(text) is no address, and no pseudonym of the journal"
    }

    /// `alice@cloud.example`, an IP address, or a pseudonym with or without its `~`.
    package init?(_ text: String) {
        let name = text.hasPrefix("~") ? text.dropFirst().prefix { $0 != "@" } : text[...]
        if let pseudonym = JournalPseudonym(String(name)) {
            self = .pseudonym(pseudonym)
        } else if let subject = JournalSubject(text) {
            self = .subject(subject)
        } else {
            return nil
        }
    }
}

extension Gateway {
    /// Makes sure of room in the journal, before a message that the policy lets through has any
    /// effect.
    ///
    /// Refused: `journal_unavailable`.
    func reserve(_ trail: Trail) async throws(Denial) {
        trail.join(underWay)
        trail.markReserved(try await journal.reserve(trail.owed))
    }

    /// The same for a message that waits for `makeDurable(_:owing:)` before it has any effect.
    func takePlace(_ trail: Trail) async throws(Denial) {
        trail.join(underWay)
        trail.markReserved(try await journal.takePlace())
    }

    /// Writes and syncs what a message changes, and word of the message itself, before it has any effect.
    func makeDurable(_ changes: [Change], owing trail: Trail) async throws(Denial) {
        try await makeDurable(
            changes + [journal.owing(trail.owed, trail.place)].compactMap { $0 })
        trail.markKept()
    }

    /// Keeps the body of a message, where the journal keeps bodies.
    func keepBody(of received: Received, _ trail: Trail) {
        guard case .on(_, .redacted) = journal else { return }
        switch received.kind {
        case .ocm:
            let form: JournalBody.Form = received.mediaType == .form ? .form : .json
            trail.keep(JournalBody(bytes: received.body, form: form))
        case .token, .ocs: trail.keep(JournalBody(bytes: received.body, form: .form))
        }
    }

    /// Ends a message: its line and its record, the latter written before the answer goes out if
    /// the message was let through. What could not be recorded is answered as a refusal.
    func recorded(
        _ answer: Answer, _ trail: Trail, refusal: (Denial, _ decision: String) -> Answer
    ) async -> Answer {
        let (record, place) = trail.finished()
        if let held = keepHeld(record, of: trail.heldPeer) {
            // What the disk does not take waits in memory for the next write.
            try? await store.commit(held)
        }
        let members = LogMembers(record.decision)
        do throws(Denial) {
            try await journal.append(record, members, place)
            log.decision(record.decision, members)
            return answer
        } catch {
            let refused = refusal(error, trail.decision)
            trail.refused(error, status: refused.status)
            // The record of what took effect may be written all the same, later than anybody waits: this one
            // stands behind it.
            self.record(trail)
            return refused
        }
    }

    /// Ends a message that was refused.
    func record(_ trail: Trail) {
        let (record, _) = trail.finished()
        let members = LogMembers(record.decision)
        journal.note(record, members)
        log.decision(record.decision, members)
    }

    /// Records a refusal of what is no message of the federation.
    ///
    /// - Parameters:
    ///   - peer: known, or the one that the backend wanted to reach.
    ///   - tell: adds what else is known.
    func note(
        _ denial: Denial, _ decision: String, _ kind: String,
        _ direction: Direction, _ status: Int, _ client: ClientConnection?,
        peer: String? = nil, _ tell: (inout JournalRecord) -> Void = { _ in }
    ) {
        let action = DecisionRecord.Action(denial)
        // What is held is told a person too, with a journal or without one.
        if case .off = journal, action != .hold { return }
        var decision = DecisionRecord(
            id: decision, kind: kind, direction: direction, action: action, by: denial.by,
            status: status, client: client?.addressText ?? "-")
        if let block = denial.ruling?.block {
            let policy = policy.current
            decision.place = policy.place(of: block)?.description
            decision.policy = policy.hash
            decision.lists = policy.contentsHash
            if denial.named == nil, Decider(block)?.isStanding == true { decision.standing = block }
        }
        decision.code = denial.disclosedCode
        decision.detail = denial.keptDetail
        decision.peer = peer
        decision.certificate = client?.shownCertificate
        var record = JournalRecord(decision)
        tell(&record)
        // What waits since the exchange of its code does is held by no block: that exchange is kept itself.
        if denial.ruling?.block != nil, let held = keepHeld(record, of: denial.named) {
            store.commitLater([held])
        }
        journal.note(record, LogMembers(record.decision))
    }
}
