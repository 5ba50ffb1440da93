import Foundation

/// How much of the processors the process may use.
package enum Processors {
    /// As many loops as it may have run at once: one for each processor that it may use, and no more than its
    /// control groups and those above them grant the time of (`CPUQuota=`, a container's limit), a part of one
    /// counting as one.
    ///
    /// Loops beyond that spend the time of a period at once, and then all of them wait for its end.
    package static var loops: Int { loops(on: count, .system) }

    /// Those that it may run on.
    static var count: Int { ProcessInfo.processInfo.activeProcessorCount }

    static func loops(on processors: Int, _ groups: ControlGroups) -> Int {
        let granted = groups.groups(of: "cpu").compactMap { quota($0, groups) }
        return max(1, min(processors, granted.min() ?? processors))
    }

    /// Processors that a group grants the time of, rounded up; nil without a limit.
    private static func quota(
        _ group: ControlGroups.Group, _ groups: ControlGroups
    ) -> Int? {
        // `max 100000`, or `-1` in a file of its own.
        let words =
            group.isUnified
            ? groups.words(group, "cpu.max")
            : groups.words(group, "cpu.cfs_quota_us") + groups.words(group, "cpu.cfs_period_us")
        guard words.count == 2, let time = Int(words[0]), let period = Int(words[1]), time > 0,
            period > 0
        else { return nil }
        return time / period + (time % period == 0 ? 0 : 1)
    }
}
