import Foundation

/// How many files and sockets the process may have open, and who may have how many of them.
///
/// 64 are kept for listeners, logs, the store and names that are resolved, and more where there are more
/// than two event loops: each has three of its own and a socket of each listener, and as many sockets
/// again are there while another process takes over. Of the rest one half is for
/// clients and one for upstreams, so that neither can take what the other needs: a process without
/// descriptors could not even read its policy again.
package struct DescriptorLimit: Sendable, Equatable {
    /// Connections of clients, over all listeners and loops.
    let clients: Int
    /// Connections to upstreams, over all upstreams and loops: used, kept and being made.
    let upstreams: Int

    /// Fewer than so many and the process does not begin: what it stands on opens files by itself, and
    /// ends the process where there is none.
    package static let least = 96

    /// How many files the process may have open, when those are too few to begin with.
    package static func tooFew(
        limits: () -> String? = systemLimits
    ) -> Int? {
        limits().flatMap(softLimit).flatMap { $0 < least ? $0 : nil }
    }

    /// How many files the process needs for so many connections of clients, and those of the way out beside them.
    package static func wanted(connections: Int, loops: Int) -> Int {
        reserve(loops: loops) + 2 * (connections + ConnectionRoom.beside(connections))
    }

    /// Nothing is limited where the system does not tell.
    static let none = DescriptorLimit(clients: .max, upstreams: .max)

    private init(clients: Int, upstreams: Int) {
        self.clients = clients
        self.upstreams = upstreams
    }

    /// The halves of what `count` descriptors leave, 8 at least.
    init(of count: Int, loops: Int) {
        let half = max(8, (count - Self.reserve(loops: loops)) / 2)
        self.init(clients: half, upstreams: half)
    }

    /// As the system tells it now (`/proc/self/limits`: only Linux does, here).
    static func current(
        loops: Int, limits: () -> String? = systemLimits
    ) -> DescriptorLimit {
        limits().flatMap(softLimit).map { DescriptorLimit(of: $0, loops: loops) } ?? .none
    }

    /// What one of `loops` may have of the connections to upstreams.
    func upstreams(perLoopOf loops: Int) -> Int { max(4, upstreams / max(1, loops)) }

    package static let systemLimits: @Sendable () -> String? = {
        try? String(contentsOfFile: "/proc/self/limits", encoding: .utf8)
    }

    /// The number in the line `Max open files  SOFT  HARD  files`; `unlimited` is none.
    private static func softLimit(_ text: String) -> Int? {
        let name = "Max open files"
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(name) }) else {
            return nil
        }
        return line.dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
    }

    private static func reserve(loops: Int) -> Int { max(64, 52 + 6 * loops) }
}
