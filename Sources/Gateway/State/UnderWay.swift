import Synchronization

/// How many messages are under way that the policy let through, whatever they wait for: most come to the
/// store, and to the journal when the other side has answered.
package final class UnderWay: Sendable {
    private let members = Atomic(0)

    package init() {}

    var count: Int { members.load(ordering: .relaxed) }

    /// Waits until there are none, at most until `end`; cancelled, no longer.
    func drain(until end: ContinuousClock.Instant) async {
        while count > 0, ContinuousClock.now < end {
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
    }

    /// One more, for as long as what is returned lives.
    func enter() -> Member { Member(self) }

    /// One message that counts; it does so until the last reference is gone.
    final class Member: Sendable {
        private let all: UnderWay

        fileprivate init(_ all: UnderWay) {
            self.all = all
            all.members.add(1, ordering: .relaxed)
        }

        deinit { all.members.subtract(1, ordering: .relaxed) }
    }
}
