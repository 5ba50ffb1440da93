import ArgumentParser
import Foundation
import Gateway

/// `ocmgate run`: serves in the foreground until SIGTERM or SIGINT.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Serve, in the foreground.",
        discussion:
            "SIGTERM and SIGINT stop after the requests in flight; SIGHUP reads the policy again."
    )

    @OptionGroup var option: ConfigurationOption

    func run() async throws {
        let settings = try option.load()
        // A write to a client that left is an error of that write, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        let running: RunningGateway
        do { running = try await RunningGateway.start(settings) } catch let failure as StartFailure
        {
            throw CommandFailure(failure.description)
        }
        let signals = Signals([SIGTERM, SIGINT, SIGHUP])
        for await number in signals.stream {
            if number == SIGHUP {
                running.reloadPolicy()
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
