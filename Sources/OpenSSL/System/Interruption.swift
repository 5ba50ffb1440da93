import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// SIGINT and SIGTERM while a command waits for what it has to take back when it is ended.
///
/// They are handled by functions and not by a source of Dispatch, which never gives a signal back to
/// what it did before.
package enum Interruption {
    /// The one that came; 0: none.
    private static let came = Atomic<Int32>(0)
    private static let waiting = Mutex<Waiting>(Waiting())

    private struct Waiting {
        var count = 0
        var former: [(number: Int32, action: (@convention(c) (Int32) -> Void)?)] = []
    }

    /// Whether one came while somebody waited.
    package static var isThere: Bool { came.load(ordering: .relaxed) != 0 }

    /// How the process ends by the signal that came; nil when none did.
    package static var exitCode: Int32? {
        let number = came.load(ordering: .relaxed)
        return number == 0 ? nil : 128 + number
    }

    /// From now on they do no more than be there, until `end` was called as often.
    package static func begin() {
        // Made here, and not in the handler, where nothing may be made.
        _ = isThere
        waiting.withLock { waiting in
            waiting.count += 1
            guard waiting.count == 1 else { return }
            for number in [SIGINT, SIGTERM] {
                let former = signal(number) { Interruption.came.store($0, ordering: .relaxed) }
                // Who started this wants it to go on: nohup, and a shell that runs it behind itself.
                if unsafe unsafeBitCast(former, to: Int.self)
                    == unsafeBitCast(SIG_IGN, to: Int.self)
                {
                    signal(number, SIG_IGN)
                }
                waiting.former.append((number, former))
            }
        }
    }

    /// They do what they did before.
    package static func end() {
        waiting.withLock { waiting in
            waiting.count -= 1
            guard waiting.count == 0 else { return }
            for (number, action) in waiting.former { signal(number, action) }
            waiting.former = []
        }
    }
}
