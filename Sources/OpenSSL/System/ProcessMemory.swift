import COpenSSL

/// The memory of this process, where its secrets lie.
package enum ProcessMemory {
    /// From now on no core file is written of it and no other process of the same user may look
    /// into it (`RLIMIT_CORE` 0, `PR_SET_DUMPABLE` 0). False when the system does not do so.
    @discardableResult
    package static func keepOutOfDumps() -> Bool { ocmgate_keep_out_of_dumps() == 0 }

    /// Gives what the allocator keeps free back to the system, where it can.
    package static func giveBack() { ocmgate_give_back_memory() }
}
