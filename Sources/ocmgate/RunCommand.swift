import ArgumentParser
import Dispatch
import Foundation
import Gateway
import OpenSSL
import Transport

/// `ocmgate run`: serves in the foreground until SIGTERM, SIGINT or SIGQUIT.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve, in the foreground.",
        discussion: """
            SIGTERM, SIGINT and SIGQUIT end it after the requests in flight (at most 30 s); a \
            second one ends it at once. SIGHUP reads policy, lists, keys, certificates and \
            configuration again, as ocmgate reload does; the log names the keys that need a \
            restart. SIGUSR1 and SIGUSR2 do nothing, and the log says so. The log goes to standard \
            error. Exit codes: 0 ended as asked, 2 cannot run.
            """)

    @OptionGroup var option: ConfigurationOption

    @Flag(
        help: "Take the place of the gateway that runs; it ends once its answers are out."
    )
    var takeOver = false

    @Flag(help: "Log JSON lines, whatever [log] format says.")
    var json = false

    func run() async throws {
        // With these one tells other servers to open their logs again, or to begin anew.
        for number in Signals.ignored.keys { signal(number, SIG_IGN) }
        var settings = try option.load()
        if json { settings.log.forced = .json }
        Self.fitProcess(to: settings)
        let manager = ServiceManager()
        let sockets = try manager.sockets()
        // Before anything listens: a signal from now on is one to this gateway.
        let signals = Signals([SIGTERM, SIGINT, SIGQUIT, SIGHUP] + Signals.ignored.keys)
        var running: RunningGateway
        do {
            running = try await RunningGateway.start(
                settings, sockets: sockets, as: takeOver ? .successor : .first,
                tells: { manager.starts(by: $0) })
        } catch {
            throw CommandFailure("\(error)")
        }
        var alive = Self.tell(manager, of: running)
        var former: [Task<Void, Never>] = []
        while true {
            let end = await end(of: running, signals, manager)
            switch end.what {
            case .ended(let grace):
                alive?.signal()
                manager.stopping(grace)
                let last = running
                // Of a command that gives more time the first signal leaves what a signal gives.
                if !end.isBySignal {
                    let streaming = former
                    signals.first {
                        last.hurry(Self.grace)
                        _ = Self.cancelling(streaming, after: Self.grace)
                    }
                }
                await Self.end(former, within: grace, signals) { await last.stop(grace: grace) }
                return
            case .succeeded(let succession):
                let last = running
                let (next, grace, failure) = await Self.handOver(last, to: succession, signals)
                if let next {
                    former.append(Task { await last.finish(grace: Self.streams) })
                    running = next
                    alive?.signal()
                    alive = Self.tell(manager, of: running)
                    continue
                }
                alive?.signal()
                manager.stopping(grace)
                await Self.end(former, within: grace, signals) { await last.finish(grace: grace) }
                if let failure { throw failure }
                return
            }
        }
    }

    /// What came of handing over: the gateway that goes on in this process, if one does; how long the answers of
    /// the last one get; and why nobody serves, until this process has ended and is started again.
    private static func handOver(
        _ last: RunningGateway, to succession: RunningGateway.Succession, _ signals: Signals
    ) async -> (next: RunningGateway?, grace: Duration, failure: CommandFailure?) {
        do {
            let next = try await until(signals) { try await last.handOver(to: succession) }
            return (next, streams, nil)
        } catch is CancellationError {
            return (nil, grace, nil)
        } catch {
            return (nil, grace, CommandFailure("\(error)"))
        }
    }

    /// What holds for the process as long as it runs.
    private static func fitProcess(to settings: Configuration) {
        ProcessMemory.keepOutOfDumps()
        // What a shell gives is for programs that use select(2).
        ProcessFiles.raise(
            to: DescriptorLimit.wanted(
                connections: settings.limits.connections, loops: Processors.loops))
        // A write to a client that left is an error of that write, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        // So is one beyond a limit of file sizes.
        signal(SIGXFSZ, SIG_IGN)
    }

    /// Waits until it is to end, reloading meanwhile when a signal says so: however long the disk of a file
    /// takes, an end comes in between.
    private func end(
        of running: RunningGateway, _ signals: Signals, _ manager: ServiceManager
    ) async -> (what: RunningGateway.End, isBySignal: Bool) {
        let (endings, events) = (running.endings.stream, signals.continuation)
        let asked = Task {
            for await end in endings { events.yield(.end(end)) }
        }
        defer { asked.cancel() }
        var (isReloading, isWished) = (false, false)
        // What this one has not read is for the one that goes on in its place.
        defer { if isReloading { events.yield(.signal(SIGHUP)) } }
        for await event in signals.stream {
            switch event {
            case .signal(SIGHUP) where isReloading: isWished = true
            case .signal(SIGHUP):
                isReloading = true
                Self.reload(running, signals, manager)
            case .reloaded(let one) where one === running:
                manager.ready(running.status)
                (isReloading, isWished) = (isWished, false)
                if isReloading { Self.reload(running, signals, manager) }
            case .reloaded: break
            case .signal(let number):
                guard let name = Signals.ignored[number] else {
                    return (.ended(grace: Self.grace), true)
                }
                running.tellOfIgnored(name)
            case .end(let wanted): return (wanted, false)
            }
        }
        return (.ended(grace: Self.grace), true)
    }

    /// Tells that it serves, and from now on what it goes by; and that it lives, until what it
    /// returns is signalled.
    private static func tell(
        _ manager: ServiceManager, of running: RunningGateway
    ) -> DispatchSemaphore? {
        running.followStatus { manager.goes(by: $0) }
        manager.ready(running.status)
        return manager.watch { running.answer() }
    }

    /// Begins to read the files again; its end is an event.
    private static func reload(
        _ running: RunningGateway, _ signals: Signals, _ manager: ServiceManager
    ) {
        signals.answered(SIGHUP)
        manager.reloading()
        let events = signals.continuation
        Task {
            await running.reload()
            events.yield(.reloaded(running))
        }
    }

    /// Ends the one that serves, and those before it whose answers still stream; they have the same time.
    ///
    /// Another such signal means that nobody waits for them any more.
    private static func end(
        _ former: [Task<Void, Never>], within grace: Duration, _ signals: Signals,
        _ last: @escaping @Sendable () async -> Void
    ) async {
        // Cancelled, it only waits for less.
        try? await until(signals) {
            let limit = cancelling(former, after: grace)
            await last()
            for task in former {
                await withTaskCancellationHandler {
                    await task.value
                } onCancel: {
                    task.cancel()
                }
            }
            limit.cancel()
        }
    }

    /// Lets tasks go on for so long at most; cancelled, it cancels them at once.
    private static func cancelling(
        _ tasks: [Task<Void, Never>], after grace: Duration
    ) -> Task<Void, Never> {
        Task {
            // Ended early only by being cancelled.
            try? await Task.sleep(for: grace)
            for task in tasks { task.cancel() }
        }
    }

    /// Does something that a signal to end cancels.
    private static func until<Value: Sendable>(
        _ signals: Signals, does: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let work = Task { try await does() }
        signals.ending { work.cancel() }
        defer { signals.ending(nil) }
        return try await work.value
    }

    /// For what is under way when it is to end.
    private static let grace = Duration.seconds(30)

    /// For large files, when another process serves already.
    private static let streams = Duration.seconds(600)
}
