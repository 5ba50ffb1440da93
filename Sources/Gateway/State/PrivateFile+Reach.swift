import Foundation

extension PrivateFile {
    /// Why nothing was read of a file: there is none, a folder on the way is shut, or it is none that this
    /// user may read.
    package static func unread(_ path: String) -> FileProblem {
        switch presence(path) {
        case .absent: return FileProblem(path, "there is no such file")
        case .there:
            return FileProblem(
                path, "this cannot be read as a file", "see who may read it: ls -ld \(path)")
        case .denied(let reason):
            guard let folder = shutFolder(onTheWayTo: path) else {
                return FileProblem(path, "cannot be looked at: \(reason)")
            }
            return FileProblem(
                path, "cannot be looked at: this user may not enter \(folder)",
                "see who may: ls -ld \(folder)")
        }
    }

    /// The first folder on the way to a file, or to what it is a link to, that this user may not enter; nil
    /// where there is none.
    package static func shutFolder(onTheWayTo path: String) -> String? {
        let place = URL(fileURLWithPath: path).path
        if let folder = shutFolder(above: place) { return folder }
        guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: place)
        else { return nil }
        let folder = (place as NSString).deletingLastPathComponent as NSString
        let end = target.hasPrefix("/") ? target : folder.appendingPathComponent(target)
        return shutFolder(above: URL(fileURLWithPath: end).standardizedFileURL.path)
    }

    /// What to do about a file behind such a folder.
    package static func reachRemedy(_ folder: String) -> String {
        "see who may: ls -ld \(folder); of a certificate a hook of what renews it puts a copy where this user "
            + "may go (docs/operations.md)"
    }

    private static func shutFolder(above path: String) -> String? {
        var shut: String?
        var folder = (path as NSString).deletingLastPathComponent
        while !folder.isEmpty {
            // Behind the first one that is shut none is seen.
            if presence(folder) == .there, !FileManager.default.isExecutableFile(atPath: folder) {
                shut = folder
            }
            if folder == "/" { break }
            folder = (folder as NSString).deletingLastPathComponent
        }
        return shut
    }
}
