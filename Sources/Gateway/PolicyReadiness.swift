package import Federation
import SystemPackage

extension Policy {
    /// The files of it that everybody may write: who may federate would be anybody's choice.
    package var openToAll: [ConfigurationError] {
        ([file] + listFiles).compactMap { path in
            guard let status = try? Stat(FilePath(path)), status.permissions.contains(.otherWrite)
            else { return nil }
            return ConfigurationError(
                file: path, position: nil, message: "everybody may write this file",
                remedy: "chmod o-w \(path)")
        }
    }
}
