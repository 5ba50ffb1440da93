package import Federation
import Foundation
import SystemPackage

extension PolicyFiles {
    /// Files as they lie on the disk: regular ones, since whoever reads another may wait for ever.
    package static let disk = PolicyFiles { path in
        do {
            switch try Stat(FilePath(path)).type {
            case .regular: break
            case .directory: throw Unreadable(description: "it is a directory")
            case _: throw Unreadable(description: "it is no regular file")
            }
            let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
            let handle = FileHandle(fileDescriptor: file.rawValue, closeOnDealloc: true)
            do { return [UInt8](try handle.readToEnd() ?? Data()) } catch {
                throw Unreadable(description: "the system gives nothing of it")
            }
        } catch Errno.noSuchFileOrDirectory { return nil }
    }
}

/// Why a file that is there has no text.
private struct Unreadable: Error, CustomStringConvertible {
    let description: String
}
