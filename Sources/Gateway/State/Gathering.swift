import Foundation

/// How long a thread that syncs lets others gather for its next sync: a sync costs more processor time
/// than what asks for it (decision 43).
///
/// Who was alone in the last two has nobody to wait for: the next one waits for nothing then, and what
/// comes while the disk is busy goes into the one after it.
struct Gathering: Sendable {
    /// Seconds.
    private let window: TimeInterval
    private var wasAlone = false

    init(window: TimeInterval) { self.window = window }

    /// How long to wait after a sync that so many had in common, seconds; nil for not at all.
    mutating func pause(after count: Int) -> TimeInterval? {
        let isAlone = count <= 1
        defer { wasAlone = isAlone }
        return isAlone && wasAlone ? nil : window
    }

    /// Lets others gather, on the thread that syncs.
    mutating func wait(after count: Int) {
        if let pause = pause(after: count) { Thread.sleep(forTimeInterval: pause) }
    }
}
