import Foundation
import Logging

/// What the log hears of the files.
extension JournalDisk {
    func tell(_ message: LogMessage, _ problem: FileProblem) {
        tell(message, problem.path, problem.what, problem.remedy)
    }

    func tell(
        _ message: LogMessage, _ file: String, _ problem: String,
        _ remedy: String = "see what `ocmgate journal verify` says"
    ) {
        log.write(
            .error, message,
            [LogEntry(.file, file), LogEntry(.problem, problem), LogEntry(.remedy, remedy)])
    }

    func tellBlocked() {
        log.write(
            .error, .journalFailed,
            [
                LogEntry(
                    .file,
                    (settings.folder as NSString).appendingPathComponent(
                        JournalSubjects.fileName)),
                LogEntry(.problem, JournalFailure.blocked.description),
                LogEntry(
                    .remedy,
                    "nothing is let through until it can: see whether it is still there, who "
                        + "holds it open, and its mode"),
            ])
    }

    func warnOfFuture() {
        let farOff = FileProblem(
            farOff: day, on: today, keep: settings.keep, reader, headFile: settings.headFile)
        guard let farOff else {
            return warnOfClock("the newest file is of \(day), which is to come")
        }
        warnOfClock(farOff.what, farOff.remedy)
    }

    func warnOfClock(
        _ problem: String, _ remedy: String = "see whether the clock is right"
    ) {
        log.write(
            .warning, .journalClock,
            [
                LogEntry(.file, file.path), LogEntry(.problem, problem),
                LogEntry(.remedy, remedy),
            ])
    }
}
