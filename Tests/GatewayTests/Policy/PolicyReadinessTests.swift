import Federation
import Foundation
import Testing

@testable import Gateway

/// Which files of the policy are anybody's.
@Suite struct PolicyReadinessTests {
    private let scratch: Scratch
    private let folder: String
    private let file: String

    init() throws {
        scratch = try Scratch()
        folder = scratch.file("site")
        file = folder + "/policy.toml"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: false)
        try scratch.write("", "site/policy.toml", mode: 0o644)
    }

    private func set(_ mode: Int, _ path: String) throws {
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    }

    @Test func aFileThatEverybodyMayWriteIsNamed() throws {
        try set(0o755, folder)
        #expect(ConfigurationError.openToAll([file]).isEmpty)
        try set(0o646, file)
        #expect(
            ConfigurationError.openToAll([file]).map(\.description) == [
                "\(file): everybody may write this file; chmod o-w \(file)"
            ])
    }

    @Test(arguments: [(0o777, true), (0o1777, false), (0o775, false), (0o755, false)])
    func aFolderInWhichEverybodyMayReplaceItIsNamedOnce(_ mode: Int, _ isOpen: Bool) throws {
        try set(mode, folder)
        let found = ConfigurationError.openToAll([file, folder + "/silver.txt"])
        let said =
            "\(folder): everybody may write to this folder, and so replace policy.toml; chmod o-w "
            + folder
        #expect(found.map(\.description) == (isOpen ? [said] : []))
    }

    /// As certbot and Kubernetes place files: a link in a folder that is well, to one that is not.
    @Test func soIsTheFolderOfWhatItIsALinkTo() throws {
        try set(0o777, folder)
        let link = scratch.file("policy.toml")
        try FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: "site/policy.toml")
        #expect(ConfigurationError.openToAll([link]).map(\.file) == [folder])
        try FileManager.default.removeItem(atPath: link)
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: link)
        #expect(ConfigurationError.openToAll([link]).isEmpty)
    }
}
