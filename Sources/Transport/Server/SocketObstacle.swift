import Glibc
import NIOCore
import NIOPosix
import SystemPackage

/// What is in the way of a Unix socket that is to be listened at.
package enum SocketObstacle: Sendable {
    case noFolder
    case noPermission
    /// A file that is no socket.
    case otherFile

    /// Nil for an error of another kind.
    init?(_ error: any Error) {
        if error is UnixDomainSocketPathWrongType {
            self = .otherFile
            return
        }
        switch (error as? IOError)?.errnoCode {
        case ENOENT?, ENOTDIR?: self = .noFolder
        case EACCES?, EPERM?, EROFS?: self = .noPermission
        default: return nil
        }
    }

    /// What it is, and what mends it.
    package func reason(at path: String) -> String {
        let parent = FilePath(path).removingLastComponent().string
        let folder = parent.isEmpty ? "." : parent
        return switch self {
        case .noFolder:
            "there is no folder \(folder); mkdir \(folder), or RuntimeDirectory= in the unit"
        case .noPermission:
            "this user may not make it; let it write in \(folder), or RuntimeDirectory= in the unit"
        case .otherFile: "something else than a socket lies there; move it away"
        }
    }
}
