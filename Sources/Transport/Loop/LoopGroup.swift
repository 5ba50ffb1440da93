import Dispatch
import NIOCore
import NIOPosix

/// The event loops of the process: servers and clients share them.
package final class LoopGroup: Sendable {
    package let loops: [LoopHandle]
    let group: MultiThreadedEventLoopGroup
    private let counters: [Counters]
    private let resolver: Resolver
    let pressure: SharedPressure

    /// Starts `count` event loops, a thread each.
    package convenience init(count: Int) {
        self.init(count: count, resolver: Resolver())
    }

    init(count: Int, resolver: Resolver, descriptors: DescriptorLimit? = nil) {
        self.resolver = resolver
        let upstreams = (descriptors ?? .current(loops: count)).upstreams(perLoopOf: count)
        group = MultiThreadedEventLoopGroup(numberOfThreads: max(1, count))
        let pressure = SharedPressure()
        self.pressure = pressure
        var counters: [Counters] = []
        loops = group.makeIterator().map { eventLoop in
            let share = Counters()
            counters.append(share)
            return LoopHandle(
                Loop(
                    eventLoop, counters: share, resolver: resolver, upstreams: upstreams,
                    pressure: pressure))
        }
        self.counters = counters
    }

    /// The caller's loop when it runs on one of these, else any.
    package var any: LoopHandle {
        let eventLoop = group.any()
        return loops.first { $0.eventLoop === eventLoop } ?? loops[0]
    }

    /// From now on no more is done than `level` lets be done.
    package func take(_ level: MemoryPressure.Level) { pressure.level = level }

    /// How many of `event` there were, on all loops.
    package func count(of event: Counters.Event) -> Int {
        counters.reduce(0) { $0 &+ $1.total(event) }
    }

    /// Returns once each loop has had its turn: while one hangs, never. On none of their threads.
    package func answer() {
        for handle in loops {
            let turn = DispatchSemaphore(value: 0)
            // A loop that has ended has nothing more to answer.
            if handle.executor.execute({ turn.signal() }) { turn.wait() }
        }
    }

    /// Whether some member of a loop has more to do than to hand bytes on.
    func isBusy() async -> Bool { await contains { $0.isBusy } }

    /// Whether some member of a loop is there only for what it still has to say.
    func isFinishing() async -> Bool { await contains { $0.isFinishing } }

    private func contains(_ isMeant: @escaping @Sendable (Loop) -> Bool) async -> Bool {
        for handle in loops where await handle.ask(isMeant) == true { return true }
        return false
    }

    /// Ends the threads, and whatever still runs on them. Who waits there for a whole answer hears that there will
    /// be none (`UpstreamFailure.shutdown`), and has a moment to say so and to write it down: on a loop that has
    /// ended nobody goes on. Who comes later from elsewhere, as those do who look for a peer, hears the same at once.
    package func shutdown() async {
        // By itself: whoever is cancelled does not take the moment from others.
        await Task { [self] in await endTasks() }.value
        for handle in loops { handle.executor.end() }
        do {
            try await group.shutdownGracefully()
        } catch {
            // It was shut down before, which is what was wanted.
        }
        resolver.shutdown()
    }

    /// Waits until no task is left on the loops, for a moment at most.
    private func endTasks() async {
        for handle in loops { _ = await handle.ask { $0.end() } }
        resolver.giveUp()
        let end = ContinuousClock.now + Self.farewell
        while await contains({ $0.tasks > 0 }), ContinuousClock.now < end {
            // Nobody cancels it.
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Longer than a disk is waited for that does not answer, and as long as names are.
    private static let farewell = Duration.seconds(3)
}
