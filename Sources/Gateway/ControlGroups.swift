import Foundation

/// The control groups that the process is in, and those above them, of either version (cgroups(7)).
struct ControlGroups: Sendable {
    /// The contents of a file; nil when there is none.
    let read: @Sendable (String) -> String?

    /// Of the machine.
    static let system = ControlGroups { try? String(contentsOfFile: $0, encoding: .utf8) }

    /// One of them, and where its files are.
    struct Group {
        let folder: String
        /// Whether it is of version 2, whose files have other names.
        let isUnified: Bool
    }

    /// Those that a controller limits, each before what is above it. What a container sees of its own group is
    /// the root.
    func groups(of controller: String) -> [Group] {
        let lines = read("/proc/self/cgroup")?.split(separator: "\n") ?? []
        return lines.flatMap { line -> [Group] in
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { return [] }
            switch (parts[0], parts[1]) {
            case ("0", ""):
                return Self.places(parts[2]).map {
                    Group(folder: "/sys/fs/cgroup\($0)", isUnified: true)
                }
            case (_, let names) where names.split(separator: ",").contains(controller[...]):
                return Self.places(parts[2]).map {
                    Group(folder: "/sys/fs/cgroup/\(controller)\($0)", isUnified: false)
                }
            case _: return []
            }
        }
    }

    /// The words of the first line of a file of a group; none where there is no such file.
    func words(_ group: Group, _ file: String) -> [Substring] {
        read("\(group.folder)/\(file)")?.split(separator: "\n").first?.split(separator: " ") ?? []
    }

    private static func places(_ path: Substring) -> [String] {
        var names = path.split(separator: "/")
        var places: [String] = []
        while !names.isEmpty {
            places.append("/" + names.joined(separator: "/"))
            names.removeLast()
        }
        return places + [""]
    }
}
