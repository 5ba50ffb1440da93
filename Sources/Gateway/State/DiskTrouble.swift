import Foundation
import OpenSSL
import SystemPackage

/// What keeps a disk from taking anything.
package enum DiskTrouble: Sendable, Equatable {
    /// Or the quota of this user is.
    case full
    /// The system has made it so, after an error as a rule, or it is read-only to this process alone.
    case readOnly

    /// Nil for every other error.
    init?(_ error: any Error) {
        guard let error = error as? Errno else { return nil }
        switch error {
        case .noSpace, .diskQuotaExceeded: self = .full
        case .readOnlyFileSystem: self = .readOnly
        default: return nil
        }
    }

    /// The trouble of a folder's disk; nil where there is none, and where it cannot be told. A disk that the
    /// system lets nobody write to may not be marked as read-only, so a file without a name asks for a block, which
    /// nobody sees (`O_TMPFILE`, open(2)).
    package static func found(on folder: String) -> DiskTrouble? {
        do {
            let file = try FileDescriptor.open(
                FilePath(folder), .writeOnly, options: [nameless, .directory, .closeOnExec],
                permissions: .ownerReadWrite)
            return try file.closeAfter {
                DiskTrouble(
                    Errno(rawValue: DiskRoom.keep(file.rawValue, offset: 0, count: block)))
            }
        } catch { return DiskTrouble(error) }
    }

    /// The trouble of the disk that a file is on, or would be.
    static func found(around path: String) -> DiskTrouble? {
        let folder = (path as NSString).deletingLastPathComponent
        return found(on: folder.isEmpty ? "." : folder)
    }

    package var remedy: String {
        switch self {
        case .full: "make room on its disk"
        case .readOnly:
            "its disk is read-only (dmesg says why), or the service's unit lets nothing be written there "
                + "(ReadWritePaths=)"
        }
    }

    /// `__O_TMPFILE`; with `O_DIRECTORY` it is `O_TMPFILE`.
    private static let nameless = FileDescriptor.OpenOptions(rawValue: 0o20_000_000)
    private static let block = 4096
}
