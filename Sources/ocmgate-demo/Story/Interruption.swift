import Dispatch
import Foundation

/// SIGINT and SIGTERM, from here on: they end the demonstration, and with it the gateways and the
/// folder that it has made.
final class Interruption {
    private let sources: [any DispatchSourceSignal]
    private let signals: AsyncStream<Void>

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        signals = stream
        sources = [SIGINT, SIGTERM].map { number in
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { continuation.yield() }
            source.activate()
            return source
        }
    }

    deinit { for source in sources { source.cancel() } }

    /// Cancels the task when a signal comes.
    func ends(_ task: Task<Void, any Error>) {
        let signals = signals
        Task {
            for await _ in signals {
                task.cancel()
                break
            }
        }
    }
}
