import Dispatch
import Federation
import Foundation
import Logging
import OpenSSL
import Synchronization

/// The record of every decision: lines of JSON in a file for each day, each linked to the one before
/// by its hash, signed from time to time.
///
/// What lets something through is on the disk before anybody is answered; that there is room for it
/// is certain before it takes effect. Refusals are written as well, and nobody waits for them. One
/// thread writes, and ``SyncPace`` says when. While the disk does not answer for `patience`, whoever
/// waits is told so, and nothing new is let through; what was to be recorded is, once it answers.
package final class Journal: Sendable {
    private typealias Asking = JournalState.Asking

    private let state: Mutex<JournalState>
    private let disk: Mutex<JournalDisk>
    private let owed: OwedRecords
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let interval: Duration
    private let patience: Duration
    private let milliseconds: @Sendable () -> Int
    private let seconds: @Sendable () -> Int
    private let log: GatewayLog
    private let folder: String
    private let seal: SealKey

    /// Opens the journal, signs where it stands, and begins to write.
    ///
    /// - Parameters:
    ///   - interval: between checkpoints.
    ///   - milliseconds: wall time, since 1970.
    ///   - patience: how long the disk may take.
    init(
        _ settings: JournalDisk.Settings, _ key: JournalKey, _ seal: SealKey, _ log: GatewayLog,
        interval: Duration, clock: Environment, milliseconds: @escaping @Sendable () -> Int,
        budget: JournalBudget = JournalBudget(), underWay: UnderWay = UnderWay(),
        patience: Duration = DiskPatience.limit
    ) throws {
        let disk = try JournalDisk(settings, key, seal, log, time: milliseconds())
        owed = try OwedRecords(settings.folder)
        let left = try owed.missing(in: JournalReader(settings.folder))
        guard disk.hasRoom((left.count + 1) * JournalRecord.lineLimit) else {
            throw JournalError(
                settings.folder, "has no room for a single record",
                "make room on its disk, or name another folder in [journal] dir")
        }
        for record in left {
            try disk.append(record.text(LogMembers(record.decision.entries)), milliseconds())
        }
        try disk.commit()
        try owed.removeAll()
        for record in left { log.decision(record.decision) }
        try disk.removeOld(milliseconds())
        try disk.checkpoint(milliseconds())
        let places = disk.room / JournalRecord.lineLimit
        state = Mutex(
            JournalState(
                queue: JournalQueue(places: places, budget: budget),
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
        let answer: Result<Int, JournalFailure> = await withCheckedContinuation { continuation in
            let (answer, mustWake) = state.withLock {
                state -> (JournalQueue.Answer, Bool) in
                if state.isSlow { return (.refused(.slow), false) }
                let answer = state.queue.takePlace()
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
        let slot: Int
        do throws(JournalFailure) { slot = try answer.get() } catch { throw error.denial }
        do throws(JournalFailure) { try owed.note(entry, at: slot) } catch {
            giveBack(slot)
            throw error.denial
        }
        return .taken(slot)
    }

    private func giveBack(_ slot: Int) {
        owed.clear(slot)
        state.withLock { $0.queue.giveBack(slot) }
    }

    /// Writes the record of something that is let through; returns when it is on the disk.
    ///
    /// Refused (503): what cannot be written, and what a disk that does not answer has not said to be
    /// there; once it answers, it is.
    ///
    /// - Parameters:
    ///   - members: the decision's entries, written.
    ///   - place: whether one was reserved for it.
    func append(
        _ record: JournalRecord, _ members: LogMembers, _ place: JournalQueue.Place
    ) async throws(Denial) {
        let outcome = await submit(
            .record(record.text(members), code: record.decision.shortCode, place))
        if case .failed(let failure) = outcome { throw failure.denial }
    }

    /// Writes the record of a refusal; nobody waits for it.
    func note(
        _ record: JournalRecord, _ members: @autoclosure () -> LogMembers,
        _ place: JournalQueue.Place
    ) {
        if let slot = place.slot { giveBack(slot) }
        let code = record.decision.shortCode
        note(code: code, of: JournalQueue.Sender(record.decision)) {
            .record(record.text(members()), code: code, .none)
        }
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
        let job = JournalQueue.Job(work: work(), isAwaited: false, tell: { _ in })
        let mustWake = state.withLock { $0.queue.add(job) == nil && $0.noteAdded() }
        if mustWake { wake.signal() }
    }

    /// Writes that another policy is in force. Records around this line may be of messages that
    /// began under the other one; each names its own.
    func tellPolicy(was: PolicyHashes, now: PolicyHashes) async throws(Denial) {
        if case .failed(let failure) = await submit(.policy(was: was, now: now)) {
            throw failure.denial
        }
    }

    /// Whom an erasure means; nil when it says a pseudonym that none of these has.
    func subject(
        _ erasure: JournalErasure, among subjects: Set<JournalSubject>
    ) throws -> JournalSubject? { try erasure.subject(among: subjects, folder, seal) }

    /// Forgets a subject; its pseudonym, or nil when nothing is written of it.
    func erase(_ subject: JournalErasure) async throws(Denial) -> JournalPseudonym? {
        switch await submit(.erase(subject)) {
        case .erased(let pseudonym): return pseudonym
        case .failed(let failure): throw failure.denial
        case .done: return nil
        }
    }

    private func submit(_ work: JournalQueue.Job.Work) async -> JournalQueue.Outcome {
        await withCheckedContinuation { continuation in
            let job = JournalQueue.Job(work: work, isAwaited: true) {
                continuation.resume(returning: $0)
            }
            let (failure, mustWake) = state.withLock { state -> (JournalFailure?, Bool) in
                if let failure = state.queue.add(job) { return (failure, false) }
                return (nil, state.noteAdded())
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
        var next = ContinuousClock.now + interval
        // A second lies between two steps, or nothing while there is nothing else to do.
        var (forgets, step) = (true, ContinuousClock.now)
        while true {
            if ContinuousClock.now >= next {
                next = .now + interval
                checkpoint(.periodic)
                forgets = true
            }
            if forgets, ContinuousClock.now >= step {
                (forgets, step) = (forgetSome(), .now + .seconds(1))
            }
            let (wasSlow, turn, jobs, asking, mustWatch) = state.withLock {
                state -> (Bool, SyncPace.Turn, [JournalQueue.Job], Int, Bool) in
                let wasSlow = state.finishWork()
                if state.asking.isEmpty, !state.queue.isEnding {
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
                wake.wait(until: min(end ?? next, next, forgets ? step : next))
                continue
            }
            if jobs.isEmpty, asking == 0 { break }
            write(jobs)
            answer(asking)
        }
        checkpoint(.last)
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
            state.withLock { $0.queue.written([], places: places) }
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
        } catch {
            tellFailure(
                "\(error)",
                "nothing is let through; see whether the disk is whole, then restart ocmgate")
            refuseAll(.broken)
            return .broken
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
            try disk.commit()
            if takeMore(disk) { tellRoom() }
            let places = disk.room / JournalRecord.lineLimit
            let used = jobs.compactMap(\.slot)
            used.forEach(owed.clear)
            state.withLock { $0.queue.written(used, places: places) }
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
            if !isShort, reason == .full { tellFull() }
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
        let failure = attempt { disk in
            let taken = state.withLock { $0.queue.taken }
            let wanted = (taken + count) * JournalRecord.lineLimit
            if disk.room < wanted { _ = disk.hasRoom(wanted) }
            let places = disk.room / JournalRecord.lineLimit
            reason = disk.subjects.blocked ?? .full
            state.withLock { $0.queue.written([], places: places) }
        }
        // Fewer where the disk took too long.
        let asking = state.withLock { state in
            let first = Array(state.asking.prefix(count))
            state.asking.removeFirst(first.count)
            return first
        }
        for continuation in asking {
            let answer = state.withLock { $0.queue.takePlace() }
            switch answer {
            case .given(let slot):
                tellRoom()
                continuation.resume(returning: .success(slot))
            case .refused(let failure): continuation.resume(returning: .failure(failure))
            case .wait:
                if reason == .full { tellFull() }
                continuation.resume(returning: .failure(failure ?? reason))
            }
        }
    }

    // MARK: Patience

    private func watchLater() {
        DispatchQueue.global().asyncAfter(deadline: .now() + DiskPatience.look) { [self] in
            watch()
        }
    }

    /// Tells those who wait for a disk that has had something to do for too long.
    private func watch() {
        let (told, asking, isNew, goesOn) = state.withLock {
            state -> ([JournalQueue.Job], [Asking], Bool, Bool) in
            guard let since = state.busySince else {
                state.isWatched = false
                return ([], [], false, false)
            }
            guard since <= ContinuousClock.now - patience else { return ([], [], false, true) }
            defer { (state.writing, state.asking, state.isSlow) = ([], [], true) }
            return (
                state.writing + state.queue.releaseWaiting(), state.asking, !state.isSlow, true
            )
        }
        if isNew {
            tellFailure(
                JournalFailure.slow.description,
                "nothing is let through until it does: see the disk")
        }
        for job in told { job.tell(.failed(.slow)) }
        for asking in asking { asking.resume(returning: .failure(.slow)) }
        if goesOn { watchLater() }
    }

    private func tellFailure(_ problem: String, _ remedy: String) {
        log.write(
            .error, .journalFailed,
            [LogEntry(.file, folder), LogEntry(.problem, problem), LogEntry(.remedy, remedy)])
    }

    /// Writes what has no line, when there is room for that.
    private func tellUnrecorded(_ disk: JournalDisk) throws {
        let waiting = state.withLock { $0.queue.unrecorded }
        // Each byte of a code may become an escape.
        let size = waiting.keys.reduce(JournalDisk.ownLine) { $0 + $1.utf8.count * 6 + 32 }
        guard !waiting.isEmpty, disk.hasOwnRoom(size) else { return }
        let counts = state.withLock { $0.queue.takeUnrecorded() }
        try disk.append(unrecorded: counts, milliseconds())
        try disk.commit()
    }

    private func tellFull() {
        let isNew = state.withLock { state in
            defer { state.isFull = true }
            return !state.isFull
        }
        guard isNew else { return }
        tellFailure(
            "the disk is full",
            "nothing is let through until there is room: free some, or shorten journal.keep")
    }

    /// Tells, once an hour, that refusals are not recorded for want of room.
    private func tellShort() {
        let now = seconds()
        let isNew = state.withLock { state in
            guard now >= state.shortAgain else { return false }
            state.shortAgain = now + 3600
            return true
        }
        guard isNew else { return }
        log.write(
            .warning, .journalShort,
            [
                LogEntry(.file, folder),
                LogEntry(.problem, "the disk is nearly full: refusals are counted, not recorded"),
                LogEntry(.remedy, "make room, or shorten journal.keep"),
            ])
    }

    private func tellRoom() {
        let wasFull = state.withLock { state in
            defer { state.isFull = false }
            return state.isFull
        }
        if wasFull { log.write(.notice, .journalResumed, [LogEntry(.file, folder)]) }
    }

    /// Places that there should always be beyond those that are taken.
    private static let comfort = 128
}
