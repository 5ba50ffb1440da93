/// Files and folders in memory, by path without a leading or trailing slash; the root is "".
struct FileTree: Sendable {
    enum Node: Sendable, Equatable {
        case folder
        case file([UInt8])
    }

    /// What a change can fail with, as WebDAV would say it (RFC 4918, section 9).
    enum Failure: Error, Sendable, Equatable {
        case missing
        case parentMissing
        case exists
        case isFolder
    }

    private(set) var nodes: [String: Node] = ["": .folder]

    init(_ files: [String: String] = [:]) {
        for (path, text) in files {
            var parent = Self.parent(of: path)
            while !parent.isEmpty {
                nodes[parent] = .folder
                parent = Self.parent(of: parent)
            }
            nodes[path] = .file([UInt8](text.utf8))
        }
    }

    subscript(path: String) -> Node? { nodes[path] }

    /// The names right below a folder, in order.
    func children(of path: String) -> [String] {
        let prefix = path.isEmpty ? "" : path + "/"
        return nodes.keys
            .filter { !$0.isEmpty && $0.hasPrefix(prefix) && Self.parent(of: $0) == path }
            .map { String($0.dropFirst(prefix.count)) }
            .sorted()
    }

    /// Writes a file; true when it is new.
    mutating func write(_ bytes: [UInt8], to path: String) throws(Failure) -> Bool {
        if nodes[path] == .folder { throw .isFolder }
        guard nodes[Self.parent(of: path)] == .folder else { throw .parentMissing }
        return nodes.updateValue(.file(bytes), forKey: path) == nil
    }

    mutating func makeFolder(_ path: String) throws(Failure) {
        guard nodes[path] == nil else { throw .exists }
        guard nodes[Self.parent(of: path)] == .folder else { throw .parentMissing }
        nodes[path] = .folder
    }

    /// Removes a node with all that is below it.
    mutating func remove(_ path: String) throws(Failure) {
        guard nodes[path] != nil, !path.isEmpty else { throw .missing }
        for below in nodes.keys where below == path || below.hasPrefix(path + "/") {
            nodes[below] = nil
        }
    }

    /// Moves a node with all that is below it, over what is there; true when nothing was.
    mutating func move(_ path: String, to target: String) throws(Failure) -> Bool {
        guard nodes[path] != nil, !path.isEmpty, !target.hasPrefix(path + "/") else {
            throw .missing
        }
        guard nodes[Self.parent(of: target)] == .folder else { throw .parentMissing }
        if path == target { return false }
        let isNew = nodes[target] == nil
        if !isNew { try remove(target) }
        for below in nodes.keys where below == path || below.hasPrefix(path + "/") {
            nodes[target + below.dropFirst(path.count)] = nodes.removeValue(forKey: below)
        }
        return isNew
    }

    static func parent(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
    }
}
