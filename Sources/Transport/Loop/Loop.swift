import NIOCore

/// Everything that belongs to one event loop: its connections, its kept upstream connections,
/// its clock. Used on that loop only.
final class Loop {
    let eventLoop: any EventLoop
    let executor: LoopExecutor
    let counters: Counters
    private let resolver: Resolver
    let shelf = BufferShelf()
    /// As of the last tick; of this moment while there are no members, and so no ticks.
    var now: LoopTime { members.isEmpty ? Self.time(eventLoop) : ticked }
    /// What a deadline is counted from, so that nobody's time is over early: a tick later than `now`.
    var latest: LoopTime { now + Self.tickSpan }
    private(set) lazy var pool = UpstreamPool(loop: self, limit: upstreams)
    /// How many connections to upstreams there may be.
    private let upstreams: Int
    private let pressure: SharedPressure
    /// As of the last tick: no request is begun, and no idle connection kept, for want of memory.
    private(set) var isShedding = false
    /// Whether no upstream is asked any more.
    private(set) var isEnding = false
    /// Tasks that go on here (`LoopHandle.run`).
    var tasks = 0
    private var answerDate = AnswerDate()
    private var members: [any LoopMember] = []
    /// When they were last looked at; or when the first of them came.
    private var ticked: LoopTime
    private var isTicking = false
    /// Where the next part of the members begins, and how many a part has.
    private var part = (start: 0, count: Loop.leastPart)

    init(
        _ eventLoop: any EventLoop, counters: Counters, resolver: Resolver,
        upstreams: Int = .max, pressure: SharedPressure = SharedPressure()
    ) {
        self.pressure = pressure
        self.upstreams = upstreams
        self.eventLoop = eventLoop
        executor = LoopExecutor(eventLoop)
        self.counters = counters
        self.resolver = resolver
        ticked = Self.time(eventLoop)
    }

    var handle: LoopHandle { LoopHandle(onLoop: self) }

    /// The `Date` of an answer that is written now.
    var date: [UInt8] { answerDate.value(at: now) }

    /// From now on `member` is ticked.
    func add(_ member: any LoopMember) {
        if members.isEmpty { ticked = Self.time(eventLoop) }
        member.memberIndex = members.count
        members.append(member)
        startTicking()
    }

    func remove(_ member: any LoopMember) {
        let index = member.memberIndex
        guard index >= 0, index < members.count, members[index] === member else { return }
        member.memberIndex = -1
        let last = members.removeLast()
        guard last !== member else { return }
        members[index] = last
        last.memberIndex = index
    }

    /// Whether some member has more to do than to hand bytes on.
    var isBusy: Bool { members.contains { $0.isBusy } }

    /// Whether some member has something to say, and nobody behind it any more.
    var isFinishing: Bool { members.contains { $0.isFinishing } }

    /// Whoever waits for a whole answer of an upstream, or asks for one from now on, hears that there will be
    /// none; so does who asks for addresses.
    func end() {
        isEnding = true
        for member in members { member.loopEnds() }
    }

    /// All addresses of `name`; fails when there are none, and once the loop ends.
    func addresses(of name: String, in scope: Resolver.Scope) -> EventLoopFuture<[IPAddress]> {
        guard !isEnding else { return eventLoop.makeFailedFuture(Resolver.Failure.noAddress) }
        return resolver.addresses(of: name, in: scope, on: eventLoop)
    }

    /// One timer for all deadlines of the loop: a request sets none of its own.
    private func startTicking() {
        guard !isTicking else { return }
        isTicking = true
        scheduleTick()
    }

    private func scheduleTick(in milliseconds: Int64 = tickMilliseconds) {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(milliseconds)) { bound.value.tick() }
    }

    /// Looks at all members, or, where there are very many, at the next part of them: whose request
    /// comes in meanwhile waits for a part. One that takes the place of one that left may be passed by
    /// until the next round.
    private func tick() {
        ticked = Self.time(eventLoop)
        isShedding = pressure.level == .critical
        if part.start == 0 {
            part.count = max(Self.leastPart, (members.count + Self.parts - 1) / Self.parts)
        }
        let end = min(members.count, part.start + part.count)
        // One that has left since, by what another one did, is none any more.
        for member in Array(members[min(part.start, end)..<end]) where member.memberIndex >= 0 {
            member.tick(at: ticked)
        }
        part.start = end < members.count ? end : 0
        if members.isEmpty {
            isTicking = false
        } else {
            let parts = (members.count + part.count - 1) / part.count
            scheduleTick(in: Self.tickMilliseconds / Int64(parts))
        }
    }

    static func time(_ eventLoop: any EventLoop) -> LoopTime {
        LoopTime(milliseconds: Int(eventLoop.now.uptimeNanoseconds / 1_000_000))
    }

    /// Milliseconds from one look at a member to the next.
    private static let tickMilliseconds: Int64 = 200
    private static let tickSpan = LoopSpan(.milliseconds(tickMilliseconds))
    /// Parts that the members are looked at in, and members that one has at least.
    private static let parts = 16
    private static let leastPart = 128
}

/// Something with deadlines that a loop looks at on every tick.
protocol LoopMember: AnyObject {
    /// Kept by the loop; -1 when not a member.
    var memberIndex: Int { get set }
    func tick(at now: LoopTime)
    /// Whether it may still have something decided; else it hands bytes on at most.
    var isBusy: Bool { get }
    /// Whether it is there only for what it still has to say.
    var isFinishing: Bool { get }
    /// No upstream is asked any more.
    func loopEnds()
}

extension LoopMember {
    var isBusy: Bool { false }
    var isFinishing: Bool { false }
    func loopEnds() {}
}
