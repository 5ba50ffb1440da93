import Dispatch
import Foundation
import Testing

@testable import ocmgate

@Suite struct ServiceManagerTests {
    /// As while they read files whose disk hangs.
    @Test func itTellsThatItLivesWhileAllThreadsOfTasksWait() {
        let (held, told) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let tasks = 2 * ProcessInfo.processInfo.activeProcessorCount
        for _ in 0..<tasks { Task { hold(held) } }
        let alive = ServiceManager(["WATCHDOG_USEC": "100000"]).watch { told.signal() }
        for _ in 0..<3 { #expect(told.wait(timeout: .now() + 10) == .success) }
        alive?.signal()
        for _ in 0..<tasks { held.signal() }
    }

    @Test(
        arguments: [
            [:], ["WATCHDOG_USEC": "0"], ["WATCHDOG_USEC": "1", "WATCHDOG_PID": "1"],
        ] as [[String: String]])
    func whoDoesNotWaitForThatHearsNothing(_ environment: [String: String]) {
        #expect(ServiceManager(environment).watch {} == nil)
    }

    private func hold(_ semaphore: DispatchSemaphore) { semaphore.wait() }
}
