import SystemPackage

/// The file that a name leads to: whether it still does.
///
/// What is written into a file that was taken away is lost with the process, and no write or sync says so.
struct FilePlace: Sendable {
    private let path: FilePath
    private let opened: FileStamp

    /// Refused: a name that leads to no file.
    init(_ path: String) throws(Errno) {
        self.path = FilePath(path)
        opened = try Self.stamp(self.path)
    }

    /// False when the file was taken away, or another one put into its place. True where nobody may look.
    var isKept: Bool {
        do {
            return try Self.stamp(path).isSameFile(as: opened)
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            return false
        } catch { return true }
    }

    /// Of a link it is the link itself.
    private static func stamp(_ path: FilePath) throws(Errno) -> FileStamp {
        FileStamp(try Stat(path, followTargetSymlink: false))
    }
}
