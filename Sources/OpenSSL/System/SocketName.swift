#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The name of a listening Unix socket that another process goes on with.
///
/// Who made the socket takes its name away when he closes his own descriptor; a second name keeps it.
package struct SocketName: Sendable {
    private let path: String
    private let kept: String

    /// Nil when there is no such file, or none can be made beside it.
    package init?(keeping path: String) {
        self.path = path
        kept = "\(path).kept"
        _ = unsafe unlink(kept)
        guard unsafe link(path, kept) == 0 else { return nil }
    }

    /// Lets those connect whom a mode lets write, such as `0o666`; false when that cannot be done.
    package static func admit(_ mode: UInt32, at path: String) -> Bool {
        unsafe chmod(path, mode) == 0
    }

    /// Whether the file is this user's.
    package static func isOwn(_ path: String) -> Bool {
        var facts = stat()
        return unsafe lstat(path, &facts) == 0 && facts.st_uid == geteuid()
    }

    /// Puts the name back where it was.
    package func restore() {
        // Two names of one file stay as they are.
        _ = FileName.replace(path, by: kept)
        _ = unsafe unlink(kept)
    }
}
