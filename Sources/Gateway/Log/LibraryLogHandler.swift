package import Logging

/// Brings what libraries log through swift-log into our log, as fields of one constant message.
package struct LibraryLogHandler: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    private let label: String
    private let log: GatewayLog

    package init(label: String, log: GatewayLog) {
        self.label = label
        self.log = log
        logLevel = log.level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    /// Writes a library's line as one of ours.
    package func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        log.write(
            event.level, .library,
            [
                LogEntry(.source, label), LogEntry(.text, event.message.description),
                LogEntry(
                    .detail,
                    texts: all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }),
            ])
    }
}
