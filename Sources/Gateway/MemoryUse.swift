import Foundation
import Glibc
import Logging
import OpenSSL
import Transport

/// How much memory the process uses, and how much it may, as the system tells.
struct MemoryUse: Sendable {
    /// The contents of a file; nil when there is none.
    let read: @Sendable (String) -> String?

    /// Of the machine.
    static let system = MemoryUse { try? String(contentsOfFile: $0, encoding: .utf8) }

    /// Bytes that are resident.
    var used: Int? {
        let fields = read("/proc/self/statm")?.split(separator: " ") ?? []
        guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
        return pages * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Bytes that it may use: the least of what its control groups and those above them grant
    /// (`MemoryMax`), and of `RLIMIT_RSS` (`LimitRSS`), which the kernel itself does not enforce. Nil
    /// without a limit.
    var limit: Int? { (groupLimits + [resident]).compactMap { $0 }.min() }

    /// The line `Max resident set  SOFT  HARD  bytes`.
    private var resident: Int? {
        let name = "Max resident set"
        return read("/proc/self/limits")?.split(separator: "\n")
            .first { $0.hasPrefix(name) }?
            .dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }

    private var groupLimits: [Int?] {
        let lines = read("/proc/self/cgroup")?.split(separator: "\n") ?? []
        return lines.flatMap { line -> [Int?] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            switch (parts[0], parts[1]) {
            case ("0", ""):
                return Self.places(parts[2]).map { bytes("/sys/fs/cgroup\($0)/memory.max") }
            case (_, let names) where names.split(separator: ",").contains("memory"):
                return Self.places(parts[2]).map {
                    bytes("/sys/fs/cgroup/memory\($0)/memory.limit_in_bytes")
                }
            case _: return []
            }
        }
    }

    /// A group and all above it, of which the last is the root. What a container sees of its own group is
    /// the root.
    private static func places(_ path: Substring) -> [String] {
        var names = path.split(separator: "/")
        var places = [""]
        while !names.isEmpty {
            places.append("/" + names.joined(separator: "/"))
            names.removeLast()
        }
        return places
    }

    /// `max`, and numbers beyond every machine, are no limit.
    private func bytes(_ file: String) -> Int? {
        guard let text = read(file)?.split(separator: "\n").first, let bytes = Int(text),
            bytes < 1 << 60
        else { return nil }
        return bytes
    }
}

extension Gateway {
    /// Looks at the memory now and then, and has the loops do with less while it is short.
    func watchMemory(_ group: LoopGroup, _ use: MemoryUse = .system) async {
        var pressure = MemoryPressure()
        var looks = 0
        while !Task.isCancelled {
            await pause(.milliseconds(500))
            looks += 1
            // What was freed is the process's still, until it is given back to the system.
            if pressure.level > .none, looks % 4 == 0 { ProcessMemory.giveBack() }
            let limit = use.limit
            guard let used = use.used,
                let level = pressure.look(used: used, limit: limit ?? .max)
            else { continue }
            group.take(level)
            log.write(
                level == .none ? .notice : .warning,
                level == .none ? .memoryEnough : .memoryShort,
                [
                    LogEntry(.bytes, used), limit.map { LogEntry(.limit, $0) },
                    level == .none ? nil : LogEntry(.detail, level.words),
                ])
        }
    }
}

extension MemoryPressure.Level {
    /// For the log.
    fileprivate var words: String {
        switch self {
        case .none: ""
        case .high: "no more connections are accepted"
        case .critical: "requests are refused, and idle connections closed"
        }
    }
}
