import Foundation
import OpenSSL

/// How wide help is laid out: as the terminal is, but for those that are too narrow.
enum HelpWidth {
    /// Help that has fewer columns than its own margin ends the program; so a narrow terminal breaks
    /// the lines itself.
    static func widen() {
        let told = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) }
        if let width = told ?? TerminalWidth.shown, width < least { TerminalWidth.tell(least) }
    }

    private static let least = 40
}
