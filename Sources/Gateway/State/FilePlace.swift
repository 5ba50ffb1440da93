import SystemPackage

/// The file that a name leads to: whether it still does.
///
/// What is written into a file that was taken away is lost with the process, and no write or sync says so.
struct FilePlace: Sendable {
    private let path: FilePath
    private let status: Stat

    /// Refused: a name that leads to no file.
    init(_ path: String) throws(Errno) {
        self.path = FilePath(path)
        status = try Stat(self.path, followTargetSymlink: false)
    }

    /// False when the file was taken away, or another one put into its place. True where nobody may look.
    var isKept: Bool {
        do {
            let now = try Stat(path, followTargetSymlink: false)
            return now.deviceID == status.deviceID && now.inode == status.inode
        } catch Errno.noSuchFileOrDirectory, Errno.notDirectory {
            return false
        } catch { return true }
    }
}
