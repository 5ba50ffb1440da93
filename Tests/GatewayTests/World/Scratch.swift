import Foundation

/// A folder of a test's own, gone with it.
final class Scratch: Sendable {
    let path: String

    init() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "ocmgate-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700])
        path = folder.path
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func write(_ text: String, _ name: String, mode: Int = 0o600) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file(name))
    }

    func mode(of name: String) throws -> Int {
        let facts = try FileManager.default.attributesOfItem(atPath: file(name))
        return facts[.posixPermissions] as? Int ?? -1
    }

    /// A copy of all files as they lie on the disk now, which is what a crash leaves.
    func crashed() throws -> Scratch {
        let copy = try Scratch()
        for name in try FileManager.default.contentsOfDirectory(atPath: path)
        where !name.hasSuffix(".lock") {
            try FileManager.default.copyItem(atPath: file(name), toPath: copy.file(name))
        }
        return copy
    }
}
