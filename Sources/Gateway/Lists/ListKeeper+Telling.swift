import Federation
import Logging

/// What the log is told of downloaded lists.
extension ListKeeper {
    func tell(_ list: PeerList, _ level: Logger.Level, _ problem: String) {
        write(level, .listFailed, list, [LogEntry(.problem, problem)])
    }

    func tell(_ list: PeerList, _ change: ListChange, _ after: Held, approved: Bool) {
        write(
            .notice, .listTaken, list,
            [
                LogEntry(.count, after.live?.count ?? 0), LogEntry(.detail, change.words),
                approved ? LogEntry(.reason, "approved") : nil,
            ])
    }

    func tell(_ list: PeerList, _ update: ListUpdate) {
        guard let waits = update.waits else { return }
        let remedy =
            switch role {
            case .policy: "ocmgate list diff \(list.name), then ocmgate list apply \(list.name)"
            case .candidate: "it can be applied once the candidate is the policy"
            }
        write(
            waits.isAlarm ? .error : .warning, .listWaits, list,
            [
                LogEntry(.reason, waits.rawValue), LogEntry(.detail, update.change.words),
                LogEntry(.remedy, remedy),
            ])
    }

    func write(
        _ level: Logger.Level, _ message: LogMessage, _ list: PeerList, _ entries: [LogEntry?]
    ) {
        let name = LogEntry(.name, list.name)
        switch role {
        case .policy: log?.write(level, message, [name] + entries)
        // No message waits for it.
        case .candidate(let file):
            let candidate = file.path.map { LogEntry(.candidate, $0) }
            log?.write(min(level, .warning), message, [name, candidate] + entries)
        }
    }
}
