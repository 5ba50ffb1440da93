import Dispatch
import Synchronization
import Testing

@testable import Gateway

@Suite struct StartProgressTests {
    private final class Told: Sendable {
        let steps = Mutex<[StartProgress.Step]>([])
        let came = DispatchSemaphore(value: 0)

        @Sendable func hears(_ step: StartProgress.Step) {
            steps.withLock { $0.append(step) }
            came.signal()
        }
    }

    @Test func whatTakesLongIsToldAgainAndAgain() {
        let told = Told()
        let progress = StartProgress(
            first: .milliseconds(20), again: .milliseconds(20), told.hears)
        progress.does(.state)
        for _ in 0..<2 { #expect(told.came.wait(timeout: .now() + 30) == .success) }
        progress.does(.shares)
        for _ in 0..<2 { #expect(told.came.wait(timeout: .now() + 30) == .success) }
        progress.end()
        let steps = told.steps.withLock { $0 }
        #expect(steps.first == .state && steps.last == .shares)
        while told.came.wait(timeout: .now() + 0.2) == .success {}
        #expect(told.steps.withLock { $0 } == steps)
    }

    /// What is over, what has come to nothing that takes long, and what takes longer than anything may.
    @Test(arguments: [(true, true, 900), (false, false, 900), (false, true, 0)])
    func nothingElseIsTold(_ isOver: Bool, _ hasStep: Bool, _ limit: Int) {
        let told = Told()
        let progress = StartProgress(
            first: .milliseconds(50), again: .milliseconds(20), limit: .seconds(limit),
            told.hears)
        if hasStep { progress.does(.shares) }
        if isOver { progress.end() }
        #expect(told.came.wait(timeout: .now() + 0.5) == .timedOut)
        progress.end()
    }
}
