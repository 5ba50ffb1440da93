import Dispatch
import Federation
import Synchronization

/// What a start does that takes long where there is much of it: told after a while, and now and then from then
/// on, to whoever would take it for one that hangs.
///
/// After a quarter of an hour it is told no more: a disk that hangs is the service manager's to judge.
final class StartProgress: Sendable {
    /// What may take long.
    enum Step: Sendable {
        case state
        case shares

        var words: String {
            switch self {
            case .state: "checks the state, and brings one of an older schema to its own"
            case .shares: "reads the shares, and the end of the journal"
            }
        }
    }

    private struct State {
        var step: Step?
        var isOver = false
    }

    private let state = Mutex(State())
    private let again: Duration
    private let last: ContinuousClock.Instant
    private let hears: @Sendable (Step) -> Void

    /// - Parameter hears: is told of the step that is under way, on another thread.
    init(
        first: Duration = .seconds(5), again: Duration = .seconds(15),
        limit: Duration = .seconds(900), _ hears: @escaping @Sendable (Step) -> Void
    ) {
        self.again = again
        self.hears = hears
        last = .now + limit
        lookLater(first)
    }

    /// From now on it does this.
    func does(_ step: Step) { state.withLock { $0.step = step } }

    /// It is over, well or not: nothing is told after this.
    func end() { state.withLock { $0.isOver = true } }

    private func lookLater(_ time: Duration) {
        DispatchQueue.global().asyncAfter(deadline: .now() + time.inSeconds) { [self] in
            let goesOn = state.withLock { state in
                guard !state.isOver, .now < last else { return false }
                if let step = state.step { hears(step) }
                return true
            }
            if goesOn { lookLater(again) }
        }
    }
}
