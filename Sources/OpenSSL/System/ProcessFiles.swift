import COpenSSL

/// The files and sockets that this process may have open.
package enum ProcessFiles {
    /// Lets it have `wanted` of them, or as many as the hard limit allows (`RLIMIT_NOFILE`). How many that are then;
    /// nil when the system does not say. It never gets fewer than before.
    @discardableResult
    package static func raise(to wanted: Int) -> Int? {
        let count = ocmgate_raise_descriptors(Int64(wanted))
        return count < 0 ? nil : Int(count)
    }
}
