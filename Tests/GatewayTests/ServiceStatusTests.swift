import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Gateway

@Suite struct ServiceStatusTests {
    @Test func theLineSaysThePolicyAndWhatIsRefused() {
        let status = ServiceStatus()
        let told = Mutex<[String]>([])
        status.note(policy: "2c5d")
        status.follow { line in told.withLock { $0.append(line) } }
        #expect(status.text == "policy 2c5d")
        status.note(.policy, refused: nil, now: 0)
        let problem = "policy.toml:7:11: no such word\nanother"
        status.note(.policy, refused: problem, now: 1_800_000_000)
        let refused =
            "policy 2c5d; another policy refused since 2027-01-15T08:00:00Z: policy.toml:7:11: "
            + "no such word"
        #expect(status.text == refused)
        // The same once more is nothing new.
        status.note(.policy, refused: problem, now: 1_800_000_009)
        status.note(.configuration, refused: "c.toml: none", now: 1_800_000_060)
        status.note(.policy, refused: nil, now: 1_800_000_061)
        status.note(policy: "96da")
        status.note(.configuration, refused: nil, now: 1_800_000_062)
        let other = "; another configuration refused since 2027-01-15T08:01:00Z: c.toml: none"
        #expect(
            told.withLock { $0 } == [
                refused, refused + other, "policy 2c5d" + other, "policy 96da" + other,
                "policy 96da",
            ])
    }

    /// Another thread changes it while this one is heard.
    @Test func linesAreToldInTheirOrder() {
        let status = ServiceStatus()
        let told = Mutex<[String]>([])
        let changed = DispatchSemaphore(value: 0)
        status.follow { line in
            if line == "policy 2c5d" {
                Thread.detachNewThread {
                    status.note(policy: "96da")
                    changed.signal()
                }
                Thread.sleep(forTimeInterval: 0.2)
            }
            told.withLock { $0.append(line) }
        }
        status.note(policy: "2c5d")
        changed.wait()
        #expect(told.withLock { $0 } == ["policy 2c5d", "policy 96da"])
    }
}
