import Foundation
import OpenSSL

extension JournalFolder {
    /// Checks the files of a journal as its opening does, and changes nothing; also beside a gateway
    /// that writes it.
    ///
    /// Refused: what opening it refuses, but for a second gateway.
    ///
    /// - Parameter state: the state file, beside which the newest checkpoint is kept.
    package static func check(_ folder: String, state: String) throws(JournalError) {
        let headFile = JournalHead.file(of: state)
        do {
            // Before the lines: what a gateway that runs has signed is among them already.
            let head = try JournalHead.read(headFile)
            guard PrivateFile.exists(folder) else {
                guard let head else { return }
                throw JournalError(
                    folder, "is not there, but record \(head.seq) was signed",
                    JournalEnd.remedy(headFile))
            }
            let reader = JournalReader(folder)
            _ = try JournalEnd.find(reader, head: head, headFile: headFile)
            let subjects = (folder as NSString).appendingPathComponent(JournalSubjects.fileName)
            if PrivateFile.exists(subjects) { try PrivateFile.checkStanding(subjects) }
            let lock = (folder as NSString).appendingPathComponent(lockName)
            let newest = try reader.days().last.map { reader.file(of: $0) }
            for file in [lock, newest].compactMap(\.self) where PrivateFile.exists(file) {
                guard FileManager.default.isWritableFile(atPath: file) else {
                    throw JournalError(
                        file, "this user may not write to it",
                        "run this as the gateway's user, or give it the file")
                }
            }
        } catch let problem as PrivateFile.Problem {
            throw JournalError(problem.path, problem.what, problem.remedy)
        } catch let error as JournalError {
            throw error
        } catch { throw JournalError(folder, "cannot be read: \(error)", "") }
    }
}
