import Foundation

/// How many files and sockets the process may have open.
enum DescriptorLimit {
    /// How many client connections fit: each may need another one to an upstream, and 64 are kept
    /// for listeners, logs, the store and the gateway's own requests. Nil when the system does not
    /// tell (only Linux does, here).
    static func clientConnections(
        limits: () -> String? = {
            try? String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
        }
    ) -> Int? {
        guard let soft = limits().flatMap(softLimit) else { return nil }
        return max(8, (soft - reserve) / 2)
    }

    /// The number in the line `Max open files  SOFT  HARD  files`; `unlimited` is none.
    private static func softLimit(_ text: String) -> Int? {
        let name = "Max open files"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else {
            return nil
        }
        return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }

    private static let reserve = 64
}
