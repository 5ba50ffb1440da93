import Dispatch
import Federation
import Foundation
import Logging
import Synchronization

/// The record of every decision: lines of JSON in a file for each day, each linked to the one before
/// by its hash, signed from time to time.
///
/// What lets something through is written before anybody is answered, and on the disk, unless the state
/// has word of it on its own (``OwedWord``); that there is room for it is certain before it takes effect.
/// Refusals are written as well, and nobody waits for them. One thread syncs, and writes what takes
/// long; ``SyncPace`` says when. While the disk does not answer for `patience`, whoever
/// waits is told so, and nothing new is let through; what was to be recorded is, once it answers.
package final class Journal: Sendable {
    let state: Mutex<JournalState>
    private let disk: Mutex<JournalDisk>
    private let owed: OwedRecords
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let interval: Duration
    let patience: Duration
    let milliseconds: @Sendable () -> Int
    let seconds: @Sendable () -> Int
    let log: GatewayLog
    let folder: String
    let seal: SealKey

    /// Opens the journal, signs where it stands, and begins to write.
    ///
    /// - Parameters:
    ///   - interval: between checkpoints.
    ///   - milliseconds: wall time, since 1970.
    ///   - patience: how long the disk may take.
    ///   - policy: what is in force from now on; a line tells where the journal ends under another.
    ///   - kept: what the state has of a process before, and the ticket of the first message.
    init(
        _ settings: JournalDisk.Settings, _ key: JournalKey, _ seal: SealKey, _ log: GatewayLog,
        interval: Duration, clock: Environment, milliseconds: @escaping @Sendable () -> Int,
        budget: TokenBucket = JournalQueue.budget, underWay: UnderWay = UnderWay(),
        patience: Duration = DiskPatience.limit, policy: PolicyHashes? = nil,
        left kept: (entries: [OwedRecords.Entry], next: Int) = ([], 1)
    ) throws {
        let disk = try JournalDisk(settings, key, seal, log, time: milliseconds())
        owed = try OwedRecords(settings.folder)
        let reader = JournalReader(settings.folder)
        let left = try owed.missing(in: reader, beside: kept.entries)
        // What cannot be read says nothing, and keeps nobody from a start.
        let before = policy.flatMap { _ in try? PolicyHashes.last(in: reader) }
        guard disk.hasRoom((left.count + 1) * JournalRecord.lineLimit) else {
            throw FileProblem(
                settings.folder, "has no room for a single record",
                "make room on its disk, or name another folder in [journal] dir")
        }
        for record in left {
            try disk.append(record.text(LogMembers(record.decision)), milliseconds())
        }
        if let policy, policy != before {
            try disk.append(was: before, now: policy, milliseconds())
        }
        try disk.commit()
        try owed.removeAll()
        for record in left { log.decision(record.decision) }
        try disk.removeOld(milliseconds())
        try disk.checkpoint(milliseconds())
        let places = disk.room / JournalRecord.lineLimit
        state = Mutex(
            JournalState(
                queue: JournalQueue(places: places, budget: budget, ticket: kept.next),
                pace: SyncPace(underWay: underWay)))
        self.disk = Mutex(disk)
        self.interval = interval
        self.patience = patience
        self.milliseconds = milliseconds
        seconds = clock.monotonicSeconds
        self.log = log
        folder = settings.folder
        self.seal = seal
        let thread = Thread { [self] in run() }
        thread.name = "ocmgate-journal"
        thread.start()
    }

    // MARK: Recording

    /// Makes sure of room for one record, before what it is about takes effect, and that a killed
    /// process leaves word of it.
    ///
    /// Refused (503): a full disk, a broken one, one that does not answer. What was given is used by
    /// `append`, or given back.
    func reserve(_ entry: OwedRecords.Entry) async throws(Denial) -> JournalQueue.Place {
        let slot = try await takePlace()
        do throws(JournalFailure) { try owed.note(entry, at: slot) } catch {
            giveBack(.taken(slot))
            throw error.denial
        }
        return .taken(slot)
    }

    /// Makes sure of room for one record of a message of which the state is to have word (`owing`) before
    /// it takes effect. Refused as by `reserve`.
    func takePlace() async throws(Denial) -> Int {
        switch state.withLock({ $0.takePlace() }) {
        case .given(let slot): return slot
        case .refused(let failure): throw failure.denial
        case .wait: break
        }
        let answer: Result<Int, JournalFailure> = await withCheckedContinuation { continuation in
            let (answer, mustWake) = state.withLock {
                state -> (JournalQueue.Answer, Bool) in
                let answer = state.takePlace()
                guard case .wait = answer else { return (answer, false) }
                state.asking.append(continuation)
                return (answer, state.pace.noteWork())
            }
            switch answer {
            case .given(let slot): continuation.resume(returning: .success(slot))
            case .refused(let failure): continuation.resume(returning: .failure(failure))
            case .wait: if mustWake { wake.signal() }
            }
        }
        do throws(JournalFailure) { return try answer.get() } catch { throw error.denial }
    }

    /// Word of a message that has a place, for the commit that it waits for before it takes effect. Once
    /// that is on the disk its place is `kept`.
    func owing(_ entry: OwedRecords.Entry, _ slot: Int) -> Change {
        let (ticket, settled) = state.withLock { state in
            state.isKeeping = true
            return (state.queue.ticket(of: slot), state.queue.settled)
        }
        return OwedWord(ticket: ticket, settled: settled, entry: entry) { [self] in
            state.withLock { $0.queue.openTickets }
        }.change
    }

    /// Takes word of messages out of the state whose records are on the disk; nil when there is none.
    func settle() -> Change? {
        let settled = state.withLock { state -> Int? in
            guard state.isKeeping else { return nil }
            state.isKeeping = state.queue.taken > 0
            return state.queue.settled
        }
        return settled.map { OwedWord.removal(below: $0) }
    }

    /// Frees a place for which no record is written.
    func giveBack(_ place: JournalQueue.Place) {
        guard let slot = place.slot else { return }
        if case .taken = place { owed.clear(slot) }
        state.withLock { $0.queue.giveBack(slot) }
    }

    /// Writes the record of something that is let through; returns when it is on the disk, or, where the
    /// state has word of it, when it is written.
    ///
    /// Refused (503): what cannot be written, and what a disk that does not answer has not said to be
    /// there; once it answers, it is.
    ///
    /// - Parameters:
    ///   - members: the decision's fields, written.
    ///   - place: whether one was reserved for it.
    func append(
        _ record: JournalRecord, _ members: LogMembers, _ place: JournalQueue.Place
    ) async throws(Denial) {
        let text = record.text(members)
        if place.isKept, try writeAtOnce(text, place) { return }
        let outcome = await submit(.record(text, code: record.decision.shortCode, place))
        if case .failed(let failure) = outcome { throw failure.denial }
    }

    /// Writes the record of a refusal; nobody waits for it.
    func note(_ record: JournalRecord, _ members: @autoclosure () -> LogMembers) {
        let code = record.decision.shortCode
        note(code: code, of: JournalQueue.Sender(record.decision)) {
            .record(record.text(members()), code: code, .none)
        }
    }

    /// Writes the record of what was let through and refused or failed behind that: nobody waits,
    /// and the place stays taken until the record is on the disk.
    func noteFailure(_ record: JournalRecord, _ members: LogMembers, _ place: JournalQueue.Place) {
        queue(.record(record.text(members), code: record.decision.shortCode, place))
    }

    /// Writes why a signature failed; nobody waits for it, and what is full leaves it out.
    func note(_ miss: NearMiss) {
        note(code: LogMessage.nearMiss.rawValue, of: .ourselves) { .diagnosis(miss) }
    }

    private func note(
        code: String, of sender: JournalQueue.Sender, _ work: () -> JournalQueue.Job.Work
    ) {
        let now = seconds()
        guard state.withLock({ $0.queue.admits(code: code, of: sender, now: now) }) else { return }
        queue(work())
    }

    private func queue(_ work: JournalQueue.Job.Work) {
        let job = JournalQueue.Job(work: work, isAwaited: false, tell: { _ in })
        let mustWake = state.withLock { $0.queue.add(job) == nil && $0.noteAdded(job) }
        if mustWake { wake.signal() }
    }

    func submit(_ work: JournalQueue.Job.Work) async -> JournalQueue.Outcome {
        await withCheckedContinuation { continuation in
            let job = JournalQueue.Job(work: work, isAwaited: true) {
                continuation.resume(returning: $0)
            }
            let (failure, mustWake) = state.withLock { state -> (JournalFailure?, Bool) in
                if let failure = state.queue.add(job) { return (failure, false) }
                return (nil, state.noteAdded(job))
            }
            if let failure { continuation.resume(returning: .failed(failure)) }
            if mustWake { wake.signal() }
        }
    }

    /// Writes what waits, signs it, and closes the files.
    ///
    /// - Parameter limit: how long the disk may take for that; the log tells when it took longer.
    package func close(within limit: Duration = .seconds(10)) {
        let mustWake = state.withLock { state in
            state.queue.end()
            return state.pace.noteWork()
        }
        if mustWake { wake.signal() }
        guard ended.wait(timeout: .now() + limit.inSeconds) == .success else {
            return tellFailure(
                "the disk did not take the last records",
                "see the disk, and what `ocmgate journal verify` says")
        }
        ended.signal()
    }

    // MARK: The thread

    private func run() {
        disk.withLock { $0.awaitRoom = { [weak self] in self?.awaitRoom() ?? false } }
        var next = ContinuousClock.now + interval
        // A second lies between two steps, or nothing while there is nothing else to do.
        var (forgets, step) = (true, ContinuousClock.now)
        while true {
            if ContinuousClock.now >= next {
                next = .now + interval
                checkpoint(.periodic)
                forgets = true
            }
            if let due = state.withLock({ $0.nextSync }), ContinuousClock.now >= due {
                syncWritten()
            }
            if forgets, ContinuousClock.now >= step {
                (forgets, step) = (forgetSome(), .now + .seconds(1))
            }
            let (wasSlow, turn, jobs, asking, mustWatch) = state.withLock {
                state -> (Bool, SyncPace.Turn, [JournalQueue.Job], Int, Bool) in
                let wasSlow = state.finishWork()
                if state.asking.isEmpty, !state.queue.isEnding, !state.queue.isHurried {
                    let turn = state.pace.turn(for: state.queue.waiting, at: .now)
                    guard turn == .write else { return (wasSlow, turn, [], 0, false) }
                }
                state.writing = state.queue.takeJobs()
                return (wasSlow, .write, state.writing, state.asking.count, state.startWork())
            }
            if wasSlow { log.write(.notice, .journalResumed, [LogEntry(.file, folder)]) }
            if mustWatch { watchLater() }
            if case .sleep(let end) = turn {
                if end == nil { step = .now }
                let due = state.withLock { $0.nextSync } ?? next
                wake.wait(until: min(end ?? next, next, due, forgets ? step : next))
                continue
            }
            if jobs.isEmpty, asking == 0 { break }
            write(jobs)
            answer(asking)
        }
        checkpoint(.last)
        // The state needs no word of them any more.
        attempt { try sync($0) }
        disk.withLock { $0.close() }
        owed.close()
        _ = state.withLock { $0.finishWork() }
        refuseAll(.closed)
        ended.signal()
    }

    private func checkpoint(_ which: JournalDisk.Checkpoint) {
        if state.withLock({ $0.startWork() }) { watchLater() }
        attempt { disk in
            try tellUnrecorded(disk)
            try disk.checkpoint(milliseconds(), which)
            let places = disk.room / JournalRecord.lineLimit
            state.withLock { $0.queue.measured(places: places) }
        }
    }

    private func syncWritten() {
        if state.withLock({ $0.startWork() }) { watchLater() }
        attempt { try sync($0) }
    }

    /// What was written is on the disk when this returns, and its places are free.
    private func sync(_ disk: JournalDisk) throws {
        try disk.commit()
        // Whoever writes a line says so while they have the disk.
        for place in state.withLock({ $0.queue.unsynced }) {
            if case .taken(let slot) = place { owed.clear(slot) }
        }
        let places = disk.room / JournalRecord.lineLimit
        state.withLock { state in
            state.queue.synced(places: places)
            state.syncDue = nil
        }
    }

    /// Forgets some of those who are in no day; whether there may be more.
    private func forgetSome() -> Bool {
        if state.withLock({ $0.startWork() }) { watchLater() }
        var isMore = false
        attempt { isMore = try $0.forgetSome() }
        return isMore
    }

    /// Does something with the disk unless it is broken; an error breaks it.
    @discardableResult
    private func attempt(_ work: (JournalDisk) throws -> Void) -> JournalFailure? {
        if let failure = state.withLock({ $0.queue.failure }) { return failure }
        do {
            try disk.withLock { disk in
                let (taken, places) = state.withLock { ($0.queue.taken, $0.queue.places) }
                disk.promised = taken * JournalRecord.lineLimit
                disk.promisable = max(taken, places) * JournalRecord.lineLimit
                try work(disk)
            }
            return nil
        } catch { return fail(error) }
    }

    /// Nobody knows any more what is on the disk.
    private func fail(_ error: any Error) -> JournalFailure {
        tellFailure(
            Self.words(of: error),
            "nothing is let through; \(Self.remedy(for: error)), then restart ocmgate")
        refuseAll(.broken)
        return .broken
    }

    /// Writes a line on the thread of whoever has it, where that takes no time; a sync follows.
    ///
    /// False where it is for the journal's thread. Refused (503): a disk that does not take it.
    private func writeAtOnce(
        _ text: JournalText, _ place: JournalQueue.Place
    ) throws(Denial) -> Bool {
        let time = milliseconds()
        let result: Result<Bool, any Error>? = disk.withLockIfAvailable { disk in
            var result = Result<Bool, any Error>.success(true)
            do {
                guard state.withLock({ $0.queue.isOpen }), try disk.writeAtOnce(text, time) else {
                    return .success(false)
                }
            } catch let error where DiskTrouble(error) == .full {
                // The thread writes it with its next sync, once there is room.
                result = .failure(JournalFailure.full)
            } catch { return .failure(error) }
            if state.withLock({ $0.noteWritten(CollectionOfOne(place)) }) { wake.signal() }
            return result
        }
        switch result {
        case .success(let isWritten): return isWritten
        case .failure(JournalFailure.full): throw JournalFailure.full.denial
        case .failure(let error): throw fail(error).denial
        case nil: return false
        }
    }

    /// Takes nothing any more.
    private func refuseAll(_ failure: JournalFailure) {
        let left = state.withLock { state in
            defer { state.asking = [] }
            return (jobs: state.queue.fail(failure), asking: state.asking)
        }
        for job in left.jobs { job.tell(.failed(failure)) }
        for asking in left.asking { asking.resume(returning: .failure(failure)) }
    }

    private func write(_ jobs: [JournalQueue.Job]) {
        if jobs.isEmpty { return }
        var outcomes: [JournalQueue.Outcome] = []
        outcomes.reserveCapacity(jobs.count)
        let failure = attempt { disk in
            let isShort = jobs.contains { $0.isUnplaced } && disk.isShort
            if isShort { tellShort() }
            for job in jobs {
                outcomes.append(try perform(job, on: disk, isShort: isShort))
            }
            try disk.flush()
            _ = state.withLock { $0.noteWritten(jobs.lazy.map(\.place)) }
            if jobs.contains(where: \.mustSync) { try sync(disk) }
            if takeMore(disk) { tellRoom() }
            let places = disk.room / JournalRecord.lineLimit
            state.withLock { $0.queue.measured(places: places) }
        }
        let isTold = state.withLock { state in
            defer { state.writing = [] }
            return state.writing.isEmpty
        }
        if isTold { return }
        for (place, job) in jobs.enumerated() {
            job.tell(failure.map { .failed($0) } ?? outcomes[place])
        }
    }

    /// Writes a job's line.
    ///
    /// - Parameter isShort: whether what has no place gets none now.
    private func perform(
        _ job: JournalQueue.Job, on disk: JournalDisk, isShort: Bool
    ) throws -> JournalQueue.Outcome {
        switch job.work {
        case .record(let text, let code, let place):
            if place != .none || !isShort && makePlace(disk) {
                try disk.append(text, milliseconds())
                return .done
            }
            state.withLock { $0.queue.leaveOut(code) }
            let reason = disk.subjects.blocked ?? .full
            if !isShort { tell(noRoom: reason) }
            return .failed(reason)
        case .diagnosis(let miss):
            if !isShort, makePlace(disk) { try disk.append(miss, milliseconds()) }
            return .done
        case .erase(let subject):
            do {
                return .erased(try disk.erase(subject, milliseconds()))
            } catch let failure as JournalFailure { return .failed(failure) }
        case .policy(let was, let now):
            guard disk.hasOwnRoom(JournalDisk.ownLine) else {
                state.withLock { $0.queue.leaveOut(JournalLine.Kind.policy.rawValue) }
                return .failed(.full)
            }
            try disk.append(was: was, now: now, milliseconds())
            return .done
        }
    }

    /// A place for a line that has none; more room is taken from the disk when it must be.
    private func makePlace(_ disk: JournalDisk) -> Bool {
        if state.withLock({ $0.queue.takeSpare() }) { return true }
        // Whoever locks the keys of subjects is waited for once in a turn, by `takeMore`.
        if disk.subjects.blocked != nil { return false }
        let taken = state.withLock { $0.queue.taken }
        return disk.hasRoom((taken + 1) * JournalRecord.lineLimit)
    }

    /// Takes room before it is needed. False when there is less than there should be.
    private func takeMore(_ disk: JournalDisk) -> Bool {
        let taken = state.withLock { $0.queue.taken }
        let wanted = (taken + Self.comfort) * JournalRecord.lineLimit
        return disk.room >= wanted || disk.hasRoom(wanted)
    }

    /// Gives places to the first so many who wait for them, as many as the disk has room for.
    private func answer(_ count: Int) {
        if count == 0 { return }
        var reason = JournalFailure.full
        var given: [(JournalState.Asking, JournalQueue.Answer)] = []
        // Where the disk is broken, those who asked were told so.
        attempt { disk in
            // What is written needs its place no more.
            try sync(disk)
            let taken = state.withLock { $0.queue.taken }
            let wanted = (taken + count) * JournalRecord.lineLimit
            let hasRoom = disk.room >= wanted || disk.hasRoom(wanted)
            reason = disk.subjects.blocked ?? .full
            // Where no room can be taken, what was counted just now is for those who ask alone.
            let left = disk.room / JournalRecord.lineLimit
            let places = hasRoom ? max(left, taken + count) : left
            given = state.withLock { $0.answer(count, of: places, thenLeaving: left) }
        }
        for (continuation, answer) in given {
            switch answer {
            case .given(let slot):
                tellRoom()
                continuation.resume(returning: .success(slot))
            case .refused(let failure): continuation.resume(returning: .failure(failure))
            case .wait:
                tell(noRoom: reason)
                continuation.resume(returning: .failure(reason))
            }
        }
    }

    /// Places that there should always be beyond those that are taken.
    private static let comfort = 128
}
