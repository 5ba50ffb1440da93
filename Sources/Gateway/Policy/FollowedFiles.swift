import Federation

/// The files that a gateway follows, as they were before it read them: between its reading and its
/// serving it may wait for a minute, and what changes then is to be seen.
struct FollowedFiles: Sendable {
    /// The lists of the stamps.
    let lists: [String]
    let policy: PolicyWatch.Stamps
    /// Certificates, those of authorities among them, and the configuration where that is followed.
    let others: PolicyWatch.Stamps

    init(_ configuration: Configuration) {
        let files = [configuration.policy.file, configuration.policy.candidate].compactMap { $0 }
        lists = Self.lists(of: files)
        policy = Self.stamps(of: files, lists)
        others = Self.stamps(beside: configuration)
    }

    /// Of files of which nobody knows what they were when they were read: all that are followed are read
    /// again.
    static let unseen = FollowedFiles()

    private init() { (lists, policy, others) = ([], [:], [:]) }

    /// Those that the policies in these files name.
    static func lists(of files: [String]) -> [String] {
        files.flatMap { Policy.listFiles(namedIn: $0, .disk) }
    }

    /// Of these files, the tests beside them, and their lists: of no other, which may be written to
    /// all the time.
    ///
    /// - Parameter files: those of the policy and of the candidate.
    static func stamps(of files: [String], _ lists: [String]) -> PolicyWatch.Stamps {
        var stamps: PolicyWatch.Stamps = [:]
        for path in Set(files + files.compactMap(PolicyFiles.tests) + lists) {
            stamps[path] = FileStamp(path)
        }
        return stamps
    }

    /// - Parameter refused: certificates that could not be taken, and are to be tried again.
    static func stamps(
        beside configuration: Configuration, refused: [String] = []
    ) -> PolicyWatch.Stamps {
        var files = configuration.certificateFiles + refused
        if let authorities = configuration.outbound.caFile { files.append(authorities) }
        switch configuration.policy.reload {
        case .watch: if let source = configuration.source { files.append(source) }
        case .signal: break
        }
        return Dictionary(
            files.compactMap { file in FileStamp(file).map { (file, $0) } },
            uniquingKeysWith: { $1 })
    }
}
