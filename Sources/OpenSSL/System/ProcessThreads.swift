import COpenSSL

/// The threads that this process may have.
package enum ProcessThreads {
    /// How many of so many further threads the system lets it have (`RLIMIT_NPROC`, a cgroup's `pids.max`): they
    /// are made, and end.
    package static func attempt(_ wanted: Int) -> Int {
        Int(ocmgate_try_threads(Int32(clamping: wanted)))
    }
}
