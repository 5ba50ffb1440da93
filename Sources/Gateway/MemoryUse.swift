import Glibc
import Logging
import OpenSSL
import Transport

/// How much memory the process uses, and how much it may, as the system tells.
struct MemoryUse: Sendable {
    /// The contents of a file; nil when there is none.
    let read: @Sendable (String) -> String?

    /// Of the machine.
    static let system = MemoryUse(read: ControlGroups.system.read)

    /// Bytes that are resident and the kernel cannot take back: without those of files, the program's own text
    /// above all, which it reads again when it has to (`resident` less `shared` in proc(5)).
    var used: Int? {
        let fields = read("/proc/self/statm")?.split(separator: " ") ?? []
        guard fields.count > 2, let resident = Int(fields[1]), let shared = Int(fields[2]) else {
            return nil
        }
        return max(0, resident - shared) * sysconf(Int32(_SC_PAGESIZE))
    }

    /// Bytes that it may use: the least of what its control groups and those above them grant
    /// (`MemoryMax`), and of `RLIMIT_RSS` (`LimitRSS`), which the kernel itself does not enforce. Nil
    /// without a limit.
    var limit: Int? { (groupLimits + [resident]).compactMap { $0 }.min() }

    /// The limit, where it leaves too little: the text of the program, which is not counted, would then be read
    /// again and again. Nil for one that is enough, and without one.
    var tooLittle: Int? { limit.flatMap { $0 < Self.least ? $0 : nil } }

    static let least = 64 << 20

    /// The line `Max resident set  SOFT  HARD  bytes`.
    private var resident: Int? {
        let name = "Max resident set"
        return read("/proc/self/limits")?.split(separator: "\n")
            .first { $0.hasPrefix(name) }?
            .dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }

    private var groupLimits: [Int?] {
        let groups = ControlGroups(read: read)
        return groups.groups(of: "memory").map {
            bytes(groups.words($0, $0.isUnified ? "memory.max" : "memory.limit_in_bytes"))
        }
    }

    /// `max`, and numbers beyond every machine, are no limit.
    private func bytes(_ words: [Substring]) -> Int? {
        guard let bytes = words.first.flatMap({ Int($0) }), bytes < 1 << 60 else { return nil }
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
