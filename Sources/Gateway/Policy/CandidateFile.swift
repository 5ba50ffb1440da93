import Synchronization

/// The file of the policy that is judged beside the live one; a reload of the configuration may
/// name another.
package final class CandidateFile: Sendable {
    private let state: Mutex<String?>

    /// - Parameter path: nil for none.
    package init(_ path: String?) {
        state = Mutex(path)
    }

    /// nil for none.
    var path: String? { state.withLock { $0 } }

    /// From now on this one, nil for none.
    func change(to path: String?) {
        state.withLock { $0 = path }
    }
}
