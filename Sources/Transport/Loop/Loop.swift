import NIOCore

/// Everything that belongs to one event loop: its connections, its kept upstream connections,
/// its clock. Used on that loop only.
final class Loop {
    let eventLoop: any EventLoop
    let counters: Counters
    let resolver: Resolver
    let shelf = BufferShelf()
    /// As of the last tick; without one, while there are no members, of the last use.
    private(set) var now: LoopTime
    private(set) lazy var pool = UpstreamPool(loop: self, limit: upstreams)
    /// How many connections to upstreams there may be.
    private let upstreams: Int
    private let pressure: SharedPressure
    /// As of the last tick: no request is begun, and no idle connection kept, for want of memory.
    private(set) var isShedding = false
    private var members: [any LoopMember] = []
    private var isTicking = false

    init(
        _ eventLoop: any EventLoop, counters: Counters, resolver: Resolver,
        upstreams: Int = .max, pressure: SharedPressure = SharedPressure()
    ) {
        self.pressure = pressure
        self.upstreams = upstreams
        self.eventLoop = eventLoop
        self.counters = counters
        self.resolver = resolver
        now = Self.time(eventLoop)
    }

    var handle: LoopHandle { LoopHandle(onLoop: self) }

    /// From now on `member` is ticked.
    func add(_ member: any LoopMember) {
        if members.isEmpty { now = Self.time(eventLoop) }
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

    /// One timer for all deadlines of the loop: a request sets none of its own.
    private func startTicking() {
        guard !isTicking else { return }
        isTicking = true
        scheduleTick()
    }

    private func scheduleTick() {
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(in: .milliseconds(Self.tickMilliseconds)) { bound.value.tick() }
    }

    private func tick() {
        now = Self.time(eventLoop)
        isShedding = pressure.level == .critical
        for member in members { member.tick(at: now) }
        if members.isEmpty { isTicking = false } else { scheduleTick() }
    }

    private static func time(_ eventLoop: any EventLoop) -> LoopTime {
        LoopTime(milliseconds: Int(eventLoop.now.uptimeNanoseconds / 1_000_000))
    }

    private static let tickMilliseconds: Int64 = 200
}

/// Something with deadlines that a loop looks at on every tick.
protocol LoopMember: AnyObject {
    /// Kept by the loop; -1 when not a member.
    var memberIndex: Int { get set }
    func tick(at now: LoopTime)
    /// Whether it may still have something decided; else it hands bytes on at most.
    var isBusy: Bool { get }
}

extension LoopMember {
    var isBusy: Bool { false }
}
