import Foundation
import Gateway
import OpenSSL
import Synchronization

/// What makes a gateway that runs do something, as a stream.
struct Signals {
    /// Those that mean nothing here and would end the process, by their names.
    static let ignored = [SIGUSR1: "SIGUSR1", SIGUSR2: "SIGUSR2"]

    let stream: AsyncStream<Event>
    /// Where others put their events.
    let continuation: AsyncStream<Event>.Continuation
    /// They deliver for as long as they are held.
    private let sources: [any DispatchSourceSignal]
    private let state = State()

    /// What happened.
    enum Event: Sendable {
        case signal(Int32)
        /// It has read its files again.
        case reloaded(RunningGateway)
        /// A command, or the next gateway, asks for the end.
        case end(RunningGateway.End)
    }

    init(_ numbers: [Int32]) {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self)
        self.stream = stream
        self.continuation = continuation
        let state = state
        sources = numbers.map { number in
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                if state.takes(number) { continuation.yield(.signal(number)) }
            }
            source.resume()
            return source
        }
        // One that came before, when who started this process had it blocked, is still there. (To ignore
        // it for a moment, as is often done before such a source is made, would lose it.)
        for number in numbers where PendingSignal.isThere(number) {
            continuation.yield(.signal(number))
        }
    }

    /// What a signal wishes is done from now on: another one is a new wish.
    func answered(_ number: Int32) {
        if number == SIGHUP { state.reloaded() }
    }

    /// The next signal to end does this instead of what `ending` says.
    func first(_ action: @escaping @Sendable () -> Void) { state.first(action) }

    /// From now on a signal to end does this, and is no event; nil: it is an event again.
    func ending(_ action: (@Sendable () -> Void)?) { state.ending(action) }

    private final class State: Sendable {
        private struct Fields {
            /// A SIGHUP is on its way to who answers it.
            var isReloading = false
            var ending: (@Sendable () -> Void)?
            /// What the first signal does in its place.
            var first: (@Sendable () -> Void)?
        }

        private let fields = Mutex(Fields())

        /// Whether a signal is an event; a hundred wishes to read the files again are one.
        func takes(_ number: Int32) -> Bool {
            if Signals.ignored[number] != nil { return true }
            if number != SIGHUP {
                let ending = fields.withLock { fields in
                    defer { fields.first = nil }
                    return fields.first ?? fields.ending
                }
                ending?()
                return ending == nil
            }
            return fields.withLock { fields in
                defer { fields.isReloading = true }
                return !fields.isReloading
            }
        }

        func reloaded() { fields.withLock { $0.isReloading = false } }

        func first(_ action: @escaping @Sendable () -> Void) {
            fields.withLock { $0.first = action }
        }

        func ending(_ action: (@Sendable () -> Void)?) { fields.withLock { $0.ending = action } }
    }
}
