import Federation
import Foundation

/// The files that a gateway follows, as they were before it read them: between its reading and its
/// serving it may wait for a minute, and what changes then is to be seen.
struct FollowedFiles: Sendable {
    /// The lists of the stamps.
    let lists: [String]
    let policy: PolicyWatch.Stamps
    /// Certificates, and the configuration where that is followed.
    let others: PolicyWatch.Stamps

    init(_ configuration: Configuration) {
        lists = Self.lists(of: configuration.policy)
        policy = Self.stamps(of: configuration.policy, lists)
        others = Self.stamps(beside: configuration)
    }

    /// Of files of which nobody knows what they were when they were read: all are read again.
    init() { (lists, policy, others) = ([], [:], [:]) }

    static func lists(of policy: Configuration.PolicySettings) -> [String] {
        files(of: policy).flatMap { Policy.listFiles(namedIn: $0, .disk) }
    }

    static func stamps(
        of policy: Configuration.PolicySettings, _ lists: [String]
    ) -> PolicyWatch.Stamps {
        let files = files(of: policy)
        var stamps: PolicyWatch.Stamps = [:]
        for path in Set(files.flatMap(neighbours) + files + lists) {
            stamps[path] = FileStamp(path)
        }
        return stamps
    }

    /// - Parameter refused: certificates that could not be taken, and are to be tried again.
    static func stamps(
        beside configuration: Configuration, refused: [String] = []
    ) -> PolicyWatch.Stamps {
        var files = configuration.certificateFiles + refused
        switch configuration.policy.reload {
        case .watch: files.append(configuration.file)
        case .signal: break
        }
        return Dictionary(
            files.compactMap { file in FileStamp(file).map { (file, $0) } },
            uniquingKeysWith: { $1 })
    }

    private static func files(of policy: Configuration.PolicySettings) -> [String] {
        [policy.file, policy.candidate].compactMap { $0 }
    }

    private static func neighbours(of file: String) -> [String] {
        let folder = (file as NSString).deletingLastPathComponent
        let names =
            (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder))
            ?? []
        return names.filter { $0.hasSuffix(".toml") || $0.hasSuffix(".txt") }.map { name in
            folder.isEmpty ? name : (folder as NSString).appendingPathComponent(name)
        }
    }
}
