import NIOCore
import Synchronization

/// One event loop with the upstream connections that it keeps: what a request handler gets, to
/// talk to upstreams without leaving the loop of its client.
package struct LoopHandle: Sendable {
    let eventLoop: any EventLoop
    let executor: LoopExecutor
    private let bound: NIOLoopBoundBox<Loop>

    /// From anywhere, with a loop that nobody else holds.
    init(_ loop: sending Loop) {
        let eventLoop = loop.eventLoop
        self.eventLoop = eventLoop
        executor = loop.executor
        bound = NIOLoopBoundBox.makeBoxSendingValue(loop, eventLoop: eventLoop)
    }

    /// On the loop.
    init(onLoop loop: Loop) {
        eventLoop = loop.eventLoop
        executor = loop.executor
        bound = NIOLoopBoundBox(loop, eventLoop: loop.eventLoop)
    }

    /// On the loop only.
    var loop: Loop { bound.value }

    /// Sends a request to `upstream` and takes its whole answer, on a connection of this loop.
    ///
    /// Called from the loop, nothing changes threads. Once the loop has ended, `UpstreamFailure.shutdown`.
    package func exchange(
        _ request: BufferedRequest, with upstream: Upstream
    ) async throws(UpstreamFailure) -> BufferedResponse {
        let answer: Result<BufferedResponse, UpstreamFailure> = await result(
            orElse: .failure(.shutdown)
        ) { done in
            BufferedExchange.start(request, with: upstream, on: loop, done: done)
        }
        return try answer.get()
    }

    /// All addresses of a name in the public tree of names; throws when there are none.
    func addresses(
        of name: String, for acquaintance: Acquaintance
    ) async throws -> [IPAddress] {
        let answer: Result<[IPAddress], any Error> = await result(
            orElse: .failure(Resolver.Failure.noAddress)
        ) { done in
            loop.addresses(of: name, in: Resolver.Scope(acquaintance)).whenComplete(done)
        }
        return try answer.get()
    }

    /// What is true of the loop; nil once it has ended.
    func ask<Answer: Sendable>(
        _ question: @escaping @Sendable (Loop) -> Answer
    ) async -> Answer? {
        await result(orElse: nil) { done in done(question(loop)) }
    }

    /// What `body`, which runs on the loop, is done with, once; `other` when the loop has ended.
    private func result<Value: Sendable>(
        orElse other: Value,
        _ body: @escaping @Sendable (_ done: @escaping @Sendable (Value) -> Void) -> Void
    ) async -> Value {
        await withCheckedContinuation { continuation in
            let isTaken = executor.execute { body { continuation.resume(returning: $0) } }
            if !isTaken { continuation.resume(returning: other) }
        }
    }

    /// Runs an asynchronous closure on the loop; the caller is on it, and the closure begins
    /// before this returns.
    ///
    /// The loop is the preferred executor of the task: after every suspension it goes on there,
    /// and so do the actors without an executor of their own that it calls.
    func run(_ body: @escaping @Sendable () async -> Void) {
        loop.tasks += 1
        Task.immediate(executorPreference: executor) { [self] in
            await body()
            loop.tasks -= 1
        }
    }
}

/// Hands an event loop what other threads have for it, until it ends.
///
/// SwiftNIO takes nothing for a loop that has ended, and announces to make it a crash.
final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop
    private let hasEnded = Mutex(false)

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// Runs `body` on the loop, at once when the caller is on it; false when the loop has ended, and it never runs.
    func execute(_ body: @escaping @Sendable () -> Void) -> Bool {
        guard eventLoop.inEventLoop else { return takes { eventLoop.execute(body) } }
        body()
        return true
    }

    /// The job of a task that was not done in time goes on nowhere: what it uses belongs to the loop.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        _ = takes { eventLoop.enqueue(ExecutorJob(job)) }
    }

    /// Does `hand`, of which the loop carries out whatever it got before its end; false when it has ended.
    private func takes(_ hand: () -> Void) -> Bool {
        // It cannot end in between.
        if eventLoop.inEventLoop {
            hand()
            return true
        }
        return hasEnded.withLock { hasEnded in
            if !hasEnded { hand() }
            return !hasEnded
        }
    }

    /// From now on nothing is taken; to be called before the loop is shut down.
    func end() { hasEnded.withLock { $0 = true } }
}
