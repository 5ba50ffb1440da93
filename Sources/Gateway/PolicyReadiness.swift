package import Federation
import SystemPackage

extension Policy {
    /// The files of it that everybody may write: who may federate would be anybody's choice.
    package var openToAll: [ConfigurationError] {
        ([file] + listFiles).compactMap { ConfigurationError(openToAll: $0) }
    }
}

extension ConfigurationError {
    /// Everybody may write the file; nil for one that not everybody may, and for what is none.
    init?(openToAll path: String) {
        guard let status = try? Stat(FilePath(path)), status.type == .regular,
            status.permissions.contains(.otherWrite)
        else { return nil }
        self.init(
            file: path, position: nil, message: "everybody may write this file",
            remedy: "chmod o-w \(path)")
    }
}
