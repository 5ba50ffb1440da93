import Synchronization

/// How short of memory the process is, by what it uses of what it may.
///
/// It rises at once, and falls only some way below where it rose, so that what was given back for a
/// moment changes nothing.
package struct MemoryPressure: Sendable {
    package private(set) var level = Level.none

    package init() {}

    /// What is done without for it.
    package enum Level: UInt8, Sendable, Comparable, AtomicRepresentable {
        case none
        /// 80 %: no connection more.
        case high
        /// 90 %: no request more, and no idle connection.
        case critical

        package static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }
    }

    /// Looks at how many bytes of `limit` are used; the level, when it has changed.
    package mutating func look(used: Int, limit: Int) -> Level? {
        let percent = used / max(1, limit / 100)
        let now: Level =
            switch percent {
            case 90...: .critical
            case 85...: max(.high, level)
            case 80...: .high
            case 75...: min(.high, level)
            default: .none
            }
        guard now != level else { return nil }
        level = now
        return now
    }
}

/// The level that holds for all loops of a process at the moment.
final class SharedPressure: Sendable {
    private let value = Atomic<MemoryPressure.Level>(.none)

    var level: MemoryPressure.Level {
        get { value.load(ordering: .relaxed) }
        set { value.store(newValue, ordering: .relaxed) }
    }
}
