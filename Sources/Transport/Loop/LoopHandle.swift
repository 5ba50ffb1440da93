import NIOCore

/// One event loop with the upstream connections that it keeps: what a request handler gets, to
/// talk to upstreams without leaving the loop of its client.
package struct LoopHandle: Sendable {
    let eventLoop: any EventLoop
    private let bound: NIOLoopBoundBox<Loop>

    /// From anywhere, with a loop that nobody else holds.
    init(_ loop: sending Loop) {
        let eventLoop = loop.eventLoop
        self.eventLoop = eventLoop
        bound = NIOLoopBoundBox.makeBoxSendingValue(loop, eventLoop: eventLoop)
    }

    /// On the loop.
    init(onLoop loop: Loop) {
        eventLoop = loop.eventLoop
        bound = NIOLoopBoundBox(loop, eventLoop: loop.eventLoop)
    }

    /// On the loop only.
    var loop: Loop { bound.value }

    /// Sends a request to `upstream` and takes its whole answer, on a connection of this loop.
    ///
    /// Called from the loop, nothing changes threads.
    package func exchange(
        _ request: BufferedRequest, with upstream: Upstream
    ) async throws(UpstreamFailure) -> BufferedResponse {
        let result: Result<BufferedResponse, UpstreamFailure> = await withCheckedContinuation {
            continuation in
            perform {
                BufferedExchange.start(request, with: upstream, on: loop) {
                    continuation.resume(returning: $0)
                }
            }
        }
        return try result.get()
    }

    /// All addresses of a name in the public tree of names; throws when there are none.
    func addresses(
        of name: String, for acquaintance: Acquaintance
    ) async throws -> [IPAddress] {
        try await eventLoop.flatSubmit { [self] in
            loop.resolver.addresses(of: name, in: Resolver.Scope(acquaintance), on: eventLoop)
        }.get()
    }

    /// Runs `body` on the loop: at once when the caller is on it.
    func perform(_ body: @escaping @Sendable () -> Void) {
        if eventLoop.inEventLoop {
            body()
        } else {
            eventLoop.execute(body)
        }
    }

    /// Runs an asynchronous closure on the loop; the caller is on it, and the closure begins
    /// before this returns.
    ///
    /// The loop is the preferred executor of the task: after every suspension it goes on there,
    /// and so do the actors without an executor of their own that it calls.
    func run(_ body: @escaping @Sendable () async -> Void) {
        loop.tasks += 1
        Task.immediate(executorPreference: LoopExecutor(eventLoop)) { [self] in
            await body()
            loop.tasks -= 1
        }
    }
}

/// Runs the jobs of tasks on an event loop.
final class LoopExecutor: TaskExecutor {
    private let eventLoop: any EventLoop

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        eventLoop.enqueue(job)
    }
}
