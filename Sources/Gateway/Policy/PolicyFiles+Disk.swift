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
            let bytes: Data
            // A file that somebody filled by mistake must not fill the memory.
            do { bytes = try handle.read(upToCount: longest + 1) ?? Data() } catch {
                throw Unreadable(description: "the system gives nothing of it")
            }
            guard bytes.count <= longest else {
                throw Unreadable(description: "it is larger than \(longest >> 20) MiB")
            }
            return [UInt8](bytes)
        } catch Errno.noSuchFileOrDirectory { return nil }
    }

    /// Bytes of one file: a list may have as many.
    private static let longest = ListContents.longest
}

/// Why a file that is there has no text.
private struct Unreadable: Error, CustomStringConvertible {
    let description: String
}
