import Dispatch
import Foundation
import Synchronization

/// Group commit: callers queue their changes, one thread writes all that wait in one transaction
/// with one sync, then tells them all. ``SyncPace`` says when.
///
/// An error of the disk is everybody's error: nobody of that batch is told "done". When the disk
/// hangs, callers are told `slow` after `patience`; what they had queued and the thread has not
/// begun is forgotten, the batch being written may still land, and then the tables in memory
/// follow it.
final class CommitQueue: Sendable {
    /// Changes that one caller wants to stand or fall together.
    final class Entry: Gathered, Sendable {
        let changes: [Change]
        let isAwaited: Bool
        let since: ContinuousClock.Instant
        private let tell: Mutex<(@Sendable (StoreFailure?) -> Void)?>

        init(
            _ changes: [Change], isAwaited: Bool = true,
            tell: @escaping @Sendable (StoreFailure?) -> Void
        ) {
            self.changes = changes
            self.isAwaited = isAwaited
            self.since = .now
            self.tell = Mutex(tell)
        }

        /// Tells the caller, the first time only.
        func finish(_ failure: StoreFailure?) {
            let tell = self.tell.withLock { tell in
                defer { tell = nil }
                return tell
            }
            tell?(failure)
        }

        func abandon() { for change in changes { change.abandoned() } }
    }

    /// Whether the disk answers.
    enum Disk: Sendable {
        /// It has had a batch for longer than callers wait.
        case slow
        /// It has taken that.
        case answers
    }

    private struct State {
        var waiting: [Entry] = []
        var writing: [Entry] = []
        var pace: SyncPace
        var isWatched = false
        /// Whether what is being written has taken too long, and that was told.
        var isSlow = false
        /// Why nothing is taken any more.
        var stop: StoreFailure?
        /// Whether the thread ends when nothing waits.
        var isEnding = false
    }

    private let state: Mutex<State>
    private let wake = DispatchSemaphore(value: 0)
    private let ended = DispatchSemaphore(value: 0)
    private let write: @Sendable ([Entry]) -> [(Entry, StoreFailure?)]
    private let hears: @Sendable (Disk) -> Void
    private let capacity: Int
    private let largestBatch: Int
    private let patience: Duration

    /// - Parameters:
    ///   - hears: is told when the disk is slow, and when it answers again; it must not wait for the disk, nor
    ///     call the queue.
    ///   - write: puts a batch on disk and says of each entry how it ended; runs on the writer thread, one batch
    ///     at a time.
    init(
        capacity: Int = 8192, largestBatch: Int = 512, patience: Duration = DiskPatience.limit,
        underWay: UnderWay = UnderWay(), hears: @escaping @Sendable (Disk) -> Void = { _ in },
        write: @escaping @Sendable ([Entry]) -> [(Entry, StoreFailure?)]
    ) {
        state = Mutex(State(pace: SyncPace(underWay: underWay)))
        self.capacity = capacity
        self.largestBatch = largestBatch
        self.patience = patience
        self.hears = hears
        self.write = write
        let thread = Thread { [self] in run() }
        thread.name = "ocmgate-store"
        thread.start()
    }

    /// Queues an entry; it is told exactly once, on another thread or at once when refused.
    func submit(_ entry: Entry) {
        let (refusal, mustWake, mustWatch) = state.withLock {
            state -> (StoreFailure?, Bool, Bool) in
            if let stop = state.stop { return (stop, false, false) }
            guard state.waiting.count < capacity else { return (.overloaded, false, false) }
            state.waiting.append(entry)
            let mustWake = state.pace.noteAdded(to: state.waiting)
            let mustWatch = !state.isWatched
            state.isWatched = true
            return (nil, mustWake, mustWatch)
        }
        if let refusal {
            entry.abandon()
            entry.finish(refusal)
            return
        }
        if mustWake { wake.signal() }
        if mustWatch { watchLater() }
    }

    /// How many entries are neither done nor refused.
    var depth: Int { state.withLock { $0.waiting.count + $0.writing.count } }

    /// Refuses what comes from now on. What waits is still written unless `failure` is `broken`.
    func stop(_ failure: StoreFailure) {
        let (mustWake, dropped) = state.withLock { state -> (Bool, [Entry]) in
            if failure == .closed { state.isEnding = true }
            if state.stop != .broken { state.stop = failure }
            guard failure == .broken else {
                return (state.pace.noteWork(), [])
            }
            defer { state.waiting = [] }
            return (false, state.waiting)
        }
        if mustWake { wake.signal() }
        for entry in dropped {
            entry.abandon()
            entry.finish(failure)
        }
    }

    /// Waits until the thread has written what waited when `stop` was called.
    func drain(upTo limit: Duration) -> Bool {
        let seconds = Double(limit.components.seconds)
        guard ended.wait(timeout: .now() + seconds) == .success else { return false }
        ended.signal()
        return true
    }

    private func run() {
        while true {
            let (turn, batch) = state.withLock { state -> (SyncPace.Turn, [Entry]) in
                if !state.isEnding {
                    let turn = state.pace.turn(for: state.waiting, at: .now)
                    guard turn == .write else { return (turn, []) }
                }
                let batch = Array(state.waiting.prefix(largestBatch))
                state.waiting.removeFirst(batch.count)
                state.writing = batch
                return (.write, batch)
            }
            if case .sleep(let end) = turn {
                wake.wait(until: end)
                continue
            }
            if batch.isEmpty { break }
            let results = write(batch)
            let wasSlow = state.withLock { state in
                defer { (state.writing, state.isSlow) = ([], false) }
                return state.isSlow
            }
            if wasSlow, results.contains(where: { $0.1 == nil }) { hears(.answers) }
            for (entry, failure) in results {
                if failure == nil {
                    for change in entry.changes { change.committed() }
                } else {
                    entry.abandon()
                }
                entry.finish(failure)
            }
        }
        ended.signal()
    }

    private func watchLater() {
        DispatchQueue.global().asyncAfter(deadline: .now() + DiskPatience.look) { [self] in
            watch()
        }
    }

    /// Tells those who have waited too long.
    private func watch() {
        let limit = ContinuousClock.now - patience
        let (forgotten, late, goesOn) = state.withLock { state -> ([Entry], [Entry], Bool) in
            let late = state.writing.filter { $0.since <= limit }
            let forgotten = state.waiting.filter { $0.since <= limit }
            if !forgotten.isEmpty { state.waiting.removeAll { $0.since <= limit } }
            // Before the thread can say that it answers again.
            if !late.isEmpty, !state.isSlow {
                state.isSlow = true
                hears(.slow)
            }
            state.isWatched = !(state.waiting.isEmpty && state.writing.isEmpty)
            return (forgotten, late, state.isWatched)
        }
        for entry in forgotten { entry.abandon() }
        for entry in forgotten + late { entry.finish(.slow) }
        if goesOn { watchLater() }
    }
}
