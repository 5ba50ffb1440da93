import GRDB

extension DatabaseError {
    /// What stands in the way of a write and may be gone the next time; nothing is in doubt then.
    enum Passing {
        /// The disk takes no more of it.
        case full
        /// Somebody else has the file, or its standing was changed.
        case blocked
    }

    /// Nil for all after which nobody knows what is on the disk.
    ///
    /// SQLite knows a full disk by `ENOSPC` alone: what else the system says to a write, `EDQUOT` of a quota as
    /// a rule, is an I/O error. Nothing was written then, and the transaction is taken back. That is not so of a
    /// sync.
    var passing: Passing? {
        switch resultCode {
        case .SQLITE_FULL: .full
        case .SQLITE_IOERR where extendedResultCode == .SQLITE_IOERR_WRITE: .full
        case .SQLITE_BUSY, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_NOMEM: .blocked
        default: nil
        }
    }

    /// What SQLite says, without the statement.
    var words: String { message ?? "\(resultCode)" }

    /// The trouble of the disk of a file by which a statement failed; nil where it was another. A full disk is known by
    /// the code: what was written is taken back, and leaves room then.
    func trouble(around path: String) -> DiskTrouble? {
        resultCode == .SQLITE_FULL ? .full : DiskTrouble.found(around: path)
    }
}
