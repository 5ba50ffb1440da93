/// What the journal has to do, who waits for it, and how its disk does.
struct JournalState {
    typealias Asking = CheckedContinuation<Result<Int, JournalFailure>, Never>

    var queue: JournalQueue
    var asking: [Asking] = []
    var pace: SyncPace
    /// Whether the state may have word of messages that it needs no more.
    var isKeeping = false
    /// When what is written is synced though nobody waits for that.
    var syncDue: ContinuousClock.Instant?
    /// The same, unless nothing is written any more.
    var nextSync: ContinuousClock.Instant? { queue.failure == nil ? syncDue : nil }
    /// What the thread has in its hands, and who waits for it has not been told.
    var writing: [JournalQueue.Job] = []
    /// Since when the disk has something to do.
    var busySince: ContinuousClock.Instant?
    /// Whether it has had that for too long.
    var isSlow = false
    var isWatched = false
    /// Whether the log was told that there is no room.
    var isFull = false
    /// When the log is told again that there is little room.
    var shortAgain = 0

    mutating func takePlace() -> JournalQueue.Answer {
        isSlow ? .refused(.slow) : queue.takePlace()
    }

    /// The first so many who ask, of whom each gets a place while there are any; fewer where the disk took too
    /// long, and they were told so. Nobody else takes what was counted for them.
    ///
    /// - Parameters:
    ///   - places: that there is room for, with those that are taken.
    ///   - left: that there is room for from then on.
    mutating func answer(
        _ count: Int, of places: Int, thenLeaving left: Int
    ) -> [(Asking, JournalQueue.Answer)] {
        let first = asking.prefix(count)
        asking.removeFirst(first.count)
        queue.measured(places: places)
        defer { queue.measured(places: left) }
        return first.map { ($0, queue.takePlace()) }
    }

    /// A job was added; whether the thread has to be woken now.
    mutating func noteAdded(_ job: JournalQueue.Job) -> Bool {
        job.isAwaited && !job.mustSync ? pace.noteWork() : pace.noteAdded(to: queue.waiting)
    }

    /// Lines were written, and wait for a sync; whether the thread has to be woken now.
    mutating func noteWritten(_ places: some Sequence<JournalQueue.Place>) -> Bool {
        for place in places { queue.noteWritten(place) }
        guard syncDue == nil else { return false }
        syncDue = .now + Self.lag
        return pace.noteWork()
    }

    /// How long what was written may wait for a sync that nobody waits for.
    private static let lag = Duration.milliseconds(100)

    /// The disk gets something to do; whether somebody has to begin to watch it.
    mutating func startWork() -> Bool {
        busySince = ContinuousClock.now
        defer { isWatched = true }
        return !isWatched
    }

    /// The disk has done it; whether that took too long.
    mutating func finishWork() -> Bool {
        (busySince, writing) = (nil, [])
        defer { isSlow = false }
        return isSlow
    }
}
