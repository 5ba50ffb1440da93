import Dispatch

/// How long the disk may take before who waits for it is told so: the same for the state and for the
/// journal, since a message waits for both.
enum DiskPatience {
    static let limit = Duration.milliseconds(1500)
    /// From one look at those who wait to the next.
    static let look = DispatchTimeInterval.milliseconds(250)
}
