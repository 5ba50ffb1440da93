import ArgumentParser
import Foundation
import Gateway
import OpenSSL
import Synchronization

/// `ocmgate run`: serves in the foreground until SIGTERM or SIGINT.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve, in the foreground.",
        discussion: """
            SIGTERM and SIGINT end it after the requests in flight (at most 30 s); a second one ends it \
            at once. SIGHUP reads \
            policy, lists, keys, certificates and configuration again, as ocmgate reload does; what \
            of the configuration needs a restart is told. The log goes to standard error. Exit codes: 0 ended as asked, 2 cannot run.
            """)

    @OptionGroup var option: ConfigurationOption

    @Flag(
        help: "Take the place of the gateway that uses the state, which ends when its answers have."
    )
    var takeOver = false

    @Flag(help: "Log JSON lines, whatever [log] format says.")
    var json = false

    func run() async throws {
        var settings = try option.load()
        if json { settings.log.format = .json }
        ProcessMemory.keepOutOfDumps()
        // A write to a client that left is an error of that write, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        // So is one beyond a limit of file sizes.
        signal(SIGXFSZ, SIG_IGN)
        let manager = ServiceManager()
        let sockets = try manager.sockets()
        // Before anything listens: a signal from now on is one to this gateway.
        let signals = Signals([SIGTERM, SIGINT, SIGHUP])
        var running: RunningGateway
        do {
            running = try await RunningGateway.start(
                settings, sockets: sockets, as: takeOver ? .successor : .first)
        } catch {
            throw CommandFailure("\(error)")
        }
        manager.ready()
        var former: [Task<Void, Never>] = []
        while true {
            switch await end(of: running, signals, manager) {
            case .ended(let grace):
                manager.stopping(grace)
                let last = running
                await Self.unless(signals) { await last.stop(grace: grace) }
            case .succeeded(let succession):
                let last = running
                let next: RunningGateway?
                do { next = try await last.handOver(to: succession) } catch {
                    throw CommandFailure("\(error)")
                }
                if let next {
                    former.append(Task { await last.finish(grace: Self.streams) })
                    running = next
                    continue
                }
                manager.stopping(Self.streams)
                await Self.unless(signals) { await last.finish(grace: Self.streams) }
            }
            for task in former { await task.value }
            return
        }
    }

    /// Waits until it is to end, reloading meanwhile when a signal says so.
    private func end(
        of running: RunningGateway, _ signals: Signals, _ manager: ServiceManager
    ) async -> RunningGateway.End {
        let (endings, events) = (running.endings.stream, signals.continuation)
        let asked = Task {
            for await end in endings { events.yield(.end(end)) }
        }
        defer { asked.cancel() }
        for await event in signals.stream {
            switch event {
            case .signal(SIGHUP):
                signals.answered(SIGHUP)
                manager.reloading()
                await running.reload()
                manager.ready()
            case .signal: return .ended(grace: .seconds(30))
            case .end(let wanted): return wanted
            }
        }
        return .ended(grace: .seconds(30))
    }

    /// Lets requests end; another SIGTERM or SIGINT means that nobody waits for them any more.
    private static func unless(
        _ signals: Signals, ends: @escaping @Sendable () async -> Void
    ) async {
        let ending = Task { await ends() }
        let events = signals.stream
        let hurry = Task {
            for await event in events {
                if case .signal(let number) = event, number != SIGHUP { ending.cancel() }
            }
        }
        await ending.value
        hurry.cancel()
    }

    /// For large files, when another process serves already.
    private static let streams = Duration.seconds(600)
}

/// What makes a gateway that runs do something, as a stream.
struct Signals {
    let stream: AsyncStream<Event>
    /// Where others put their events.
    let continuation: AsyncStream<Event>.Continuation
    /// They deliver for as long as they are held.
    private let sources: [any DispatchSourceSignal]
    private let waiting = Waiting()

    enum Event: Sendable {
        case signal(Int32)
        /// A command, or the next gateway, asks for the end.
        case end(RunningGateway.End)
    }

    init(_ numbers: [Int32]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self)
        self.stream = stream
        self.continuation = continuation
        let waiting = waiting
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                // A hundred wishes to read the files again are one.
                if number != SIGHUP || waiting.begins() { continuation.yield(.signal(number)) }
            }
            source.resume()
            return source
        }
    }

    /// What a signal wishes is done from now on: another one is a new wish.
    func answered(_ number: Int32) {
        if number == SIGHUP { waiting.ends() }
    }

    /// Whether a SIGHUP is on its way to who answers it.
    private final class Waiting: Sendable {
        private let state = Mutex(false)

        /// False when one is on its way already.
        func begins() -> Bool {
            state.withLock { isWaiting in
                defer { isWaiting = true }
                return !isWaiting
            }
        }

        func ends() { state.withLock { $0 = false } }
    }
}
