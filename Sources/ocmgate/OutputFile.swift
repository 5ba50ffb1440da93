import Federation
import Gateway

/// The files that a command writes beside what it prints.
enum OutputFile {
    /// Before anything is written. Refused: `-`, a file that the command reads as well, and two files
    /// that are one.
    ///
    /// - Parameters:
    ///   - files: by the options that name them.
    ///   - sources: the files that the command reads.
    static func check(
        _ files: [(option: String, path: String?)], apartFrom sources: [String]
    ) throws(CommandFailure) {
        var known: [(option: String, path: String)] = []
        for (option, path) in files {
            guard let path else { continue }
            let written = "\(option) \(path)"
            if path == "-" {
                throw CommandFailure(
                    "\(written): name a file; standard output has what else the command says")
            }
            if sources.contains(where: { $0 != "-" && OperatorFile.isSame($0, path) }) {
                throw CommandFailure(
                    "\(written): the command reads this file, and would overwrite it; name another one"
                )
            }
            if let other = known.first(where: { OperatorFile.isSame($0.path, path) }) {
                throw CommandFailure(
                    "\(written): \(other.option) names this file, too; name another one")
            }
            known.append((option, path))
        }
    }

    /// The files that a policy is read from: it, its tests, its lists, and the keys of lists.
    static func sources(of policy: Policy) -> [String] {
        [policy.file] + [PolicyFiles.tests(beside: policy.file)].compactMap { $0 }
            + policy.listFiles + policy.lists.flatMap { $0.download?.keys ?? [] }
    }
}
