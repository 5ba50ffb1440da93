import Synchronization

/// What is to be written of a verified message, handed over once.
///
/// Whoever carries the message out takes it and makes it durable first; of a message that is refused
/// after its signature was verified, `receive` takes it, so that it is written all the same and a
/// repetition is known for what it is.
final class Remembrance: Sendable {
    private let changes: Mutex<[Change]>

    init(_ changes: [Change] = []) { self.changes = Mutex(changes) }

    /// The changes, the first time; nothing after that.
    func take() -> [Change] {
        changes.withLock { changes in
            defer { changes = [] }
            return changes
        }
    }
}
