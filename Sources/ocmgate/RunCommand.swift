import ArgumentParser
import Foundation
import Gateway
import OpenSSL

/// `ocmgate run`: serves in the foreground until SIGTERM or SIGINT.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve, in the foreground.",
        discussion: """
            SIGTERM and SIGINT end it after the requests in flight (at most 30 s). SIGHUP reads \
            policy, lists, keys, certificates and configuration again, as ocmgate reload does; what \
            of the configuration needs a restart is told. The log goes to standard error. Exit codes: 0 ended as asked, 2 cannot run.
            """)

    @OptionGroup var option: ConfigurationOption

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
        // Before anything listens: a signal from now on is one to this gateway.
        let signals = Signals([SIGTERM, SIGINT, SIGHUP])
        let running: RunningGateway
        do { running = try await RunningGateway.start(settings) } catch {
            throw CommandFailure("\(error)")
        }
        for await number in signals.stream {
            if number == SIGHUP {
                await running.reload()
                continue
            }
            break
        }
        await running.stop(grace: .seconds(30))
    }
}

/// Signals as a stream.
struct Signals {
    let stream: AsyncStream<Int32>
    /// They deliver for as long as they are held.
    private let sources: [any DispatchSourceSignal]

    init(_ numbers: [Int32]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Int32.self)
        self.stream = stream
        sources = numbers.map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield(number) }
            source.resume()
            return source
        }
    }
}
