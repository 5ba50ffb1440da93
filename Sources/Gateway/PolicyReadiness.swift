package import Federation
import Foundation
import SystemPackage

extension Policy {
    /// What of its files everybody may write: who may federate would be anybody's choice.
    package var openToAll: [ConfigurationError] {
        ConfigurationError.openToAll([file] + listFiles)
    }
}

extension ConfigurationError {
    /// The files that everybody may write, and the folders, of theirs and of what they are links to, in
    /// which everybody may put another file in the place of one.
    static func openToAll(_ files: [String]) -> [ConfigurationError] {
        var found: [ConfigurationError] = []
        for file in files {
            if let error = ConfigurationError(openFile: file) { found.append(error) }
            for folder in folders(of: file) where !found.contains(where: { $0.file == folder }) {
                if let error = ConfigurationError(openFolder: folder, of: file) {
                    found.append(error)
                }
            }
        }
        return found
    }

    private init?(openFile path: String) {
        guard let status = try? Stat(FilePath(path)), status.type == .regular,
            status.permissions.contains(.otherWrite)
        else { return nil }
        self.init(
            file: path, position: nil, message: "everybody may write this file",
            remedy: "chmod o-w \(path)")
    }

    /// In one with the sticky bit, as `/tmp` has it, nobody takes away the files of others.
    private init?(openFolder folder: String, of file: String) {
        guard let status = try? Stat(FilePath(folder)), status.type == .directory,
            status.permissions.contains(.otherWrite), !status.permissions.contains(.saveText),
            !Self.isMountedReadOnly(folder, status)
        else { return nil }
        let name = (file as NSString).lastPathComponent
        self.init(
            file: folder, position: nil,
            message: "everybody may write to this folder, and so replace \(name)",
            remedy: "chmod o-w \(folder)")
    }

    /// Whether nobody in this container can write to it, such as to a ConfigMap of Kubernetes (mode 0777).
    /// What is read only to this service alone (`ProtectSystem=`) is no mount of its own.
    private static func isMountedReadOnly(_ folder: String, _ status: Stat) -> Bool {
        guard !FileManager.default.isWritableFile(atPath: folder),
            let above = try? Stat(FilePath(folder + "/.."))
        else { return false }
        return above.deviceID != status.deviceID
    }

    private static func folders(of file: String, links: Int = 8) -> [String] {
        let folder = (file as NSString).deletingLastPathComponent
        let place = folder.isEmpty ? "." : folder
        guard links > 0,
            let target = try? FileManager.default.destinationOfSymbolicLink(atPath: file)
        else { return [place] }
        let next =
            target.hasPrefix("/") ? target : (place as NSString).appendingPathComponent(target)
        return [place] + folders(of: next, links: links - 1)
    }
}
