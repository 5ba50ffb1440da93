import Glibc

/// Signals that were sent to this process and that no thread has taken yet, since all have them blocked.
package enum PendingSignal {
    /// Whether this signal waits.
    package static func isThere(_ number: Int32) -> Bool {
        var pending = sigset_t()
        unsafe sigpending(&pending)
        return unsafe sigismember(&pending, number) == 1
    }
}
