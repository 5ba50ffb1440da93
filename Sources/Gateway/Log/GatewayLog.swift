import Foundation
package import Logging
import SystemPackage

/// The log of the gateway: lines of JSON or text on standard error, written by a thread of its own.
///
/// Messages are constants, what varies is fields with names from one list, and no secret can be a
/// value.
package final class GatewayLog: Sendable {
    package let level: Logger.Level
    private let format: LogFormat
    /// Whether each line begins with the priority that the service manager files it under.
    private let tellsPriority: Bool
    private let milliseconds: @Sendable () -> Int
    private let writer: LogWriter
    private let sampler = LogSampler()

    /// A log on standard error.
    package convenience init(level: Logger.Level, format: LogFormat) {
        self.init(
            level: level, format: format, milliseconds: Self.clock,
            tellsPriority: Self.isReadByServiceManager,
            sink: LogWriter.file(.standardError))
    }

    /// - Parameters:
    ///   - milliseconds: wall time, since 1970.
    ///   - tellsPriority: whether the service manager reads it (sd-daemon(3)).
    ///   - sink: writes whole lines, on the log's thread; false when it could not.
    package init(
        level: Logger.Level, format: LogFormat, milliseconds: @escaping @Sendable () -> Int,
        byteLimit: Int = 4 << 20, tellsPriority: Bool = false,
        sink: @escaping @Sendable ([UInt8]) -> Bool
    ) {
        self.level = level
        self.format = format
        self.milliseconds = milliseconds
        self.tellsPriority = tellsPriority
        writer = LogWriter(
            byteLimit: byteLimit,
            droppedLine: { count in
                LogLine.make(
                    format, time: milliseconds(), .warning, .dropped,
                    LogMembers([LogEntry(.count, count)]),
                    prefix: Logger.Level.warning.prefix(tellsPriority))
            }, sink: sink)
    }

    deinit { writer.stop() }

    /// Queues a line; absent fields may be nil. Never blocks.
    package func write(_ level: Logger.Level, _ message: LogMessage, _ entries: [LogEntry?] = []) {
        guard level >= self.level else { return }
        writer.write(
            LogLine.make(
                format, time: milliseconds(), level, message,
                LogMembers(entries.compactMap { $0 }),
                prefix: level.prefix(tellsPriority)))
    }

    /// Queues a line of which there may be very many: ten in ten seconds for each reason of its
    /// kind; the next one tells how many were left out, or a line of their own does.
    ///
    /// - Parameter reason: from a closed set; never a peer's text.
    package func sample(
        _ reason: String, _ level: Logger.Level, _ message: LogMessage, _ entries: [LogEntry?] = []
    ) {
        guard level >= self.level else { return }
        switch sampler.judge(.init(message: message, reason: reason), now: milliseconds() / 1000) {
        case .suppress: return
        case .write(let suppressed):
            let told = suppressed > 0 ? LogEntry(.suppressed, suppressed) : nil
            write(level, message, [LogEntry(.reason, reason)] + entries + [told])
        }
    }

    /// The one line of a decision. Never left out, whatever the level.
    package func decision(_ record: DecisionRecord) {
        decision(record, LogMembers(record))
    }

    /// - Parameter members: its fields, written.
    package func decision(_ record: DecisionRecord, _ members: LogMembers) {
        writer.write(
            LogLine.make(
                format, time: milliseconds(), record.level, .decision, members,
                prefix: record.level.prefix(tellsPriority)))
    }

    /// Writes what waits, with what was left out; at the end of the process.
    @discardableResult
    package func flush(upTo limit: Duration = .seconds(2)) -> Bool {
        tell(sampler.takeSuppressed())
        return writer.flush(upTo: limit)
    }

    /// Says what was left out where no line has followed that could say so.
    func tellSuppressed() {
        tell(sampler.takeSuppressed(now: milliseconds() / 1000))
    }

    private func tell(_ suppressed: [(subject: LogSampler.Subject, count: Int)]) {
        for (subject, count) in suppressed {
            write(
                .info, .suppressed,
                [
                    LogEntry(.name, subject.message.rawValue), LogEntry(.reason, subject.reason),
                    LogEntry(.count, count),
                ])
        }
    }

    /// Lines that were dropped and not told of yet.
    package var dropped: Int { writer.dropped }

    /// Whether standard error is the stream that the service manager reads, a socket that it names by
    /// device and inode (`JOURNAL_STREAM`, systemd.exec(5)).
    package static var isReadByServiceManager: Bool {
        let name = ProcessInfo.processInfo.environment["JOURNAL_STREAM"]
        guard let inode = name?.split(separator: ":").last else { return false }
        let stream = try? FileManager.default.destinationOfSymbolicLink(
            atPath: "/proc/self/fd/2")
        return stream == "socket:[\(inode)]"
    }

    private static let clock: @Sendable () -> Int = {
        Int(Date().timeIntervalSince1970 * 1000)
    }
}

extension Logger.Level {
    /// As syslog counts (sd-daemon(3)), where the service manager is told.
    fileprivate func prefix(_ isTold: Bool) -> String {
        guard isTold else { return "" }
        return switch self {
        case .trace, .debug: "<7>"
        case .info: "<6>"
        case .notice: "<5>"
        case .warning: "<4>"
        case .error: "<3>"
        case .critical: "<2>"
        }
    }
}
