import Federation

/// What waits for the journal's thread, and how much of it there is room for; without threads, locks
/// and disks.
///
/// Room is counted in lines of the greatest length. A message that is to be let through takes a place
/// before it takes effect, and has it until its line is on the disk; whatever else is written
/// takes one only when the thread comes to it, and only from what nobody has taken.
struct JournalQueue {
    /// One thing to be written.
    struct Job: Gathered, Sendable {
        /// What is to be done.
        enum Work: Sendable {
            case record(JournalText, code: String, Place)
            case erase(JournalErasure)
            /// Another policy is in force: the hashes of the old one and the new one.
            case policy(was: PolicyHashes, now: PolicyHashes)
            case diagnosis(NearMiss)
        }

        let work: Work
        let isAwaited: Bool
        /// Whether it takes room that nobody has promised it.
        var isUnplaced: Bool { place == .none }
        /// The place that was taken for it.
        var place: Place { if case .record(_, _, let place) = work { place } else { .none } }
        /// Whether somebody waits until it is on the disk, and not only until it is written.
        var mustSync: Bool { isAwaited && !place.isKept }
        /// Told once, on the journal's thread, or when that has no answer of the disk for too long.
        let tell: @Sendable (Outcome) -> Void

        /// The same work, for which nobody waits any more.
        fileprivate var unawaited: Job { Job(work: work, isAwaited: false, tell: { _ in }) }
    }

    /// Whether a place was taken for a record, and which: what is let through is noted there.
    enum Place: Sendable, Equatable {
        /// Nowhere yet: what it was taken for has had no effect.
        case free(Int)
        /// In a file that outlives the process (``OwedRecords``).
        case taken(Int)
        /// On the disk of the state (``OwedWord``).
        case kept(Int)
        case none

        var slot: Int? {
            switch self {
            case .free(let slot), .taken(let slot), .kept(let slot): slot
            case .none: nil
            }
        }

        var isKept: Bool {
            switch self {
            case .kept: true
            case .free, .taken, .none: false
            }
        }
    }

    /// How a job ended.
    enum Outcome: Sendable {
        case done
        case erased(JournalPseudonym?)
        case failed(JournalFailure)
    }

    /// What becomes of somebody who asks for a place.
    enum Answer { case given(Int), refused(JournalFailure), wait }

    private(set) var waiting: [Job] = []
    private(set) var failure: JournalFailure?
    private(set) var isEnding = false
    /// Whether anything is taken.
    var isOpen: Bool { failure == nil && !isEnding }
    /// Places that were taken and whose lines are not on the disk.
    private(set) var taken = 0
    /// Those of them whose lines are written.
    private(set) var unsynced: [Place] = []
    /// By their numbers, the tickets of those who have places; 0 for the others.
    private var tickets: [Int] = []
    private var nextTicket: Int
    /// The records of all who had smaller tickets are on the disk, or there are none.
    private(set) var settled: Int
    /// Places that there is room for.
    private(set) var places = 0
    /// Numbers of places that were given back, below the greatest that was ever taken.
    private var freeSlots: [Int] = []
    /// Refusals that have no line, by their codes.
    private(set) var unrecorded: [String: Int] = [:]
    private var budget: TokenBucket
    /// Of all peers that are on no list: there may be any number of them.
    private var strangers: TokenBucket
    /// Of each other peer that proved who it is: more than one makes by mistake, and less than fills a disk.
    private let peers = TokenBuckets(perMinute: 60, burst: 1000)

    /// - Parameter ticket: of the first who takes a place.
    init(places: Int, budget: TokenBucket = Self.budget, ticket: Int = 1) {
        self.places = places
        nextTicket = ticket
        settled = ticket
        self.budget = budget
        strangers = budget
    }

    /// Whose refusal it is.
    enum Sender {
        /// By its name: its ports are one.
        case peer(String)
        /// A peer that is on no list, and sends to us.
        case stranger
        /// Of whom nothing is proved.
        case anybody
        /// What we make ourselves, and bound where it is made.
        case ourselves
    }

    mutating func takePlace() -> Answer {
        if let failure { return .refused(failure) }
        guard taken < places else { return .wait }
        taken += 1
        let slot = freeSlots.popLast() ?? tickets.count
        if slot == tickets.count { tickets.append(0) }
        tickets[slot] = nextTicket
        nextTicket += 1
        return .given(slot)
    }

    /// The ticket of who has a place.
    func ticket(of slot: Int) -> Int { tickets[slot] }

    /// Whether somebody waits for a line to be written, whenever it is on the disk.
    var isHurried: Bool { waiting.contains { $0.isAwaited && !$0.mustSync } }

    /// The tickets of all who have places, in no order.
    var openTickets: [Int] { tickets.filter { $0 > 0 } }

    /// What cannot be queued is returned with the reason.
    mutating func add(_ job: Job) -> JournalFailure? {
        if let failure { return failure }
        guard !isEnding else { return .closed }
        waiting.append(job)
        return nil
    }

    /// Whether a refusal, for which nobody waits, gets a line; counted when there are too many.
    mutating func admits(code: String, of sender: Sender, now: Int) -> Bool {
        guard isOpen else { return false }
        let hasBudget =
            switch sender {
            case .peer(let name): peers.take(name, now: now)
            case .stranger: strangers.take(now: now)
            case .anybody: budget.take(now: now)
            case .ourselves: true
            }
        guard hasBudget, waiting.count < Self.most else {
            unrecorded[code, default: 0] += 1
            return false
        }
        return true
    }

    mutating func giveBack(_ slot: Int) {
        let isFirst = tickets[slot] == settled
        free(slot)
        if isFirst { settle() }
    }

    private mutating func free(_ slot: Int) {
        taken = max(0, taken - 1)
        tickets[slot] = 0
        freeSlots.append(slot)
    }

    private mutating func settle() {
        settled = tickets.lazy.filter { $0 > 0 }.min() ?? nextTicket
    }

    /// The line of a place is written, and has it until it is on the disk.
    mutating func noteWritten(_ place: Place) {
        if place != .none { unsynced.append(place) }
    }

    /// The next jobs of one sync.
    mutating func takeJobs() -> [Job] {
        let jobs = Array(waiting.prefix(Self.batch))
        waiting.removeFirst(jobs.count)
        return jobs
    }

    /// Takes a place for a line that has none yet. False when there is none.
    mutating func takeSpare() -> Bool {
        guard taken < places else { return false }
        places -= 1
        return true
    }

    /// What was written is on the disk, and there is room for so many more.
    mutating func synced(places: Int) {
        for slot in unsynced.compactMap(\.slot) { free(slot) }
        settle()
        unsynced = []
        self.places = places
    }

    /// There is room for so many places.
    mutating func measured(places: Int) { self.places = places }

    mutating func leaveOut(_ code: String) { unrecorded[code, default: 0] += 1 }

    mutating func takeUnrecorded() -> [String: Int] {
        defer { unrecorded = [:] }
        return unrecorded
    }

    mutating func end() { isEnding = true }

    /// Nobody waits any more for what is queued, which stays; the jobs for which somebody did are
    /// returned, to be told.
    mutating func releaseWaiting() -> [Job] {
        let released = waiting.filter(\.isAwaited)
        guard !released.isEmpty else { return [] }
        waiting = waiting.map { $0.isAwaited ? $0.unawaited : $0 }
        return released
    }

    /// Nothing is taken any more; what waited is returned.
    mutating func fail(_ failure: JournalFailure) -> [Job] {
        self.failure = failure
        defer { waiting = [] }
        return waiting
    }

    /// How many refusals of peers that proved nothing are recorded: whoever only knocks must not fill the
    /// disk, which would stop everybody.
    static let budget = TokenBucket(perSecond: 5, burst: 10_000)
    /// Jobs of one sync.
    private static let batch = 512
    /// Refusals that may wait.
    private static let most = 8192
}

extension JournalQueue.Sender {
    init(_ decision: DecisionRecord) {
        guard let peer = decision.peer else {
            self = .anybody
            return
        }
        self =
            decision.direction == .inbound && decision.standing == Decider.unknown.name
            ? .stranger : .peer(PeerHost(peer)?.name ?? peer)
    }
}

/// Why something is not recorded.
enum JournalFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// There is no room on the disk.
    case full
    /// The disk refused to take keys of people, for want of room or not; nothing is in doubt.
    case refused
    /// Writing failed; only a restart mends it.
    case broken
    case closed
    /// The keys of people cannot be read or written at the moment.
    case blocked
    /// The disk takes too long. What was given to it may still be written.
    case slow
    /// What was to be removed is, but for a copy on the disk: somebody reads it, or the disk takes no writes.
    case copied

    var description: String {
        switch self {
        case .full: "the disk has no room for the journal"
        case .refused: "the disk refused to take keys of the people in the journal, subjects.db"
        case .broken: "the journal could not be written"
        case .closed: "the journal is closed"
        case .blocked: "the keys of the people in the journal, subjects.db, cannot be used now"
        case .slow: "the disk of the journal does not answer"
        case .copied:
            "the key is deleted, but a copy of it is still on the disk, since somebody reads subjects.db "
                + "or the disk is full: it goes with the next checkpoint when neither is so"
        }
    }

    var denial: Denial { Denial(.journalUnavailable, description) }
}
