/// Why something was not made durable. Whatever the case, nothing of it may be acknowledged.
package enum StoreFailure: Error, Equatable, CustomStringConvertible {
    /// The disk refused: full, read-only, or an error of a write or sync.
    case disk(String)
    /// Neither done nor refused in time; it may still become durable.
    case slow
    /// Too many writes are waiting already.
    case overloaded
    /// A write or sync error left the file in doubt, or it was taken away; only a restart reads it anew.
    case broken
    /// A row broke a rule of the schema.
    case conflict(String)
    /// The store has been closed.
    case closed

    package var description: String {
        switch self {
        case .disk(let reason): "the disk refused the write: \(reason)"
        case .slow: "the disk did not answer in time"
        case .overloaded: "too many writes are waiting"
        case .broken:
            "a disk error left the state in doubt, or its file was taken away; restart to read it anew"
        case .conflict(let reason): "the write contradicts the state: \(reason)"
        case .closed: "the state is closed"
        }
    }
}
