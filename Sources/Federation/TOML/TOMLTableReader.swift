/// Reads the keys of one table; what is wrong with them, and keys that nobody asked for, are
/// reported to the findings.
package struct TOMLTableReader {
    package let position: SourcePosition
    /// The table's name in the file, for messages: `list.partners`; empty for the document.
    package let path: String
    package let findings: Findings
    private let members: [TOMLMember]
    private var asked: [String] = []

    /// Nil when the node is no table, which is reported.
    package init?(_ node: TOMLNode, path: String, findings: Findings) {
        guard case .table(let members) = node.content else {
            findings.report(
                node.position, "expected a table, found \(node.kind)",
                remedy: node.isTables ? "write single brackets: [\(path)]" : nil)
            return nil
        }
        self.members = members
        self.position = node.position
        self.path = path
        self.findings = findings
    }

    package init(_ document: TOMLDocument, findings: Findings) {
        if case .table(let members) = document.root.content {
            self.members = members
        } else {
            self.members = []
        }
        position = document.root.position
        path = ""
        self.findings = findings
    }

    /// A table that is not written: every key of it has its default.
    private init(missing path: String, at position: SourcePosition, findings: Findings) {
        members = []
        self.position = position
        self.path = path
        self.findings = findings
    }

    /// All members, in the order of the file; for tables whose keys are names.
    package var all: [TOMLMember] { members }

    /// The value of a key, unread; the key is then known.
    package mutating func node(_ key: String) -> TOMLNode? {
        if !asked.contains(key) { asked.append(key) }
        findings.noteAsked(key, of: path)
        return members.first { $0.key == key }?.value
    }

    /// The place of a key, for what is wrong between values; the table's when it is not written.
    package func place(of key: String) -> SourcePosition {
        members.first { $0.key == key }?.keyPosition ?? position
    }

    /// Whether a key is written; it is not known by that.
    package func has(_ key: String) -> Bool { members.contains { $0.key == key } }

    /// The value of a key, or nil when it is not written, or wrong (which is reported).
    package mutating func read<Value>(_ key: String, _ form: TOMLForm<Value>) -> Value? {
        node(key).flatMap { form.read($0, findings) }
    }

    /// The value of a key that has to be there.
    package mutating func require<Value>(_ key: String, _ form: TOMLForm<Value>) -> Value? {
        guard let node = node(key) else {
            let table = path.isEmpty ? "" : " of [\(path)]"
            findings.report(position, "the key \"\(key)\"\(table) is missing")
            return nil
        }
        return form.read(node, findings)
    }

    /// The tables of `[[key]]`, each with its number; also an array of inline tables.
    package mutating func tables(_ key: String) -> [TOMLTableReader] {
        guard let node = node(key) else { return [] }
        guard case .array(let nodes) = node.content else {
            findings.report(
                place(of: key), "expected [[\(key)]], found \(node.kind)",
                remedy: "write double brackets: [[\(key)]]")
            return []
        }
        return nodes.compactMap { TOMLTableReader($0, path: below(key), findings: findings) }
    }

    /// The table of `[key]`; nil when it is not written.
    package mutating func table(_ key: String) -> TOMLTableReader? {
        node(key).flatMap { TOMLTableReader($0, path: below(key), findings: findings) }
    }

    /// The table of `[key]`, or one without keys when it is not written.
    package mutating func tableOrEmpty(_ key: String) -> TOMLTableReader {
        table(key) ?? TOMLTableReader(missing: below(key), at: place(of: key), findings: findings)
    }

    /// Reports every key that was not asked for, with the nearest of those that were.
    package func finish() {
        for member in members where !asked.contains(member.key) {
            let place = path.isEmpty ? "" : " in [\(path)]"
            findings.report(
                member.keyPosition, "unknown key \(quoted(member.key))\(place)",
                remedy: remedy(for: member.key, among: asked))
        }
    }

    private func below(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }
}
