package import Logging

extension Configuration.LogSettings.Level {
    package var logger: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}

extension Configuration.LogSettings {
    package var written: LogFormat { forced ?? format }
}
