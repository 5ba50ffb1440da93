import Synchronization

/// What is to be written of a verified message, handed over once.
///
/// Whoever carries the message out takes all of it and makes it durable first. Of a message that is
/// refused, or held, after its signature was verified, only that it was seen is written, so that a
/// repetition is known for what it is: nobody gets known, nor is remembered at all, by messages that
/// were not let in.
final class Remembrance: Sendable {
    private let changes: Mutex<(seen: [Change], learned: [Change])>

    /// - Parameters:
    ///   - seen: that the message was seen.
    ///   - learned: what is known of its peer from now on: keys, and how it signs.
    init(seen: [Change] = [], learned: [Change] = []) {
        changes = Mutex((seen, learned))
    }

    /// The changes of a message that is carried out, the first time; nothing after that.
    func take() -> [Change] {
        changes.withLock { changes in
            defer { changes = ([], []) }
            return changes.seen + changes.learned
        }
    }

    /// Those of one that is not.
    func takeSeen() -> [Change] {
        changes.withLock { changes in
            defer { changes = ([], []) }
            return changes.seen
        }
    }
}
