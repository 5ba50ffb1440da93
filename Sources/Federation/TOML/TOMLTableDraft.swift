/// A table while its text is read: what may still be added to it hangs on what made it (TOML 1.0,
/// "Table").
final class TOMLTableDraft {
    /// What made it.
    enum Origin {
        /// `[a]`, an element of `[[a]]`, or braces.
        case itself
        /// `[a.b]` made `a`, which a header of its own may still name.
        case header
        /// `a.b = 1` made `a`, which no header may name.
        case dottedKey
    }

    /// What a key has so far: a value that is whole, or tables that may still grow.
    enum Value {
        case node(TOMLNode)
        case table(TOMLTableDraft)
        case tables(TOMLTablesDraft)
    }

    private struct Member {
        let key: TOMLKey
        let value: Value
    }

    private var origin: Origin
    private let position: SourcePosition
    private var members: [Member] = []
    /// Where in `members` each key is.
    private var places: [String: Int] = [:]

    init(_ origin: Origin, at position: SourcePosition) {
        self.origin = origin
        self.position = position
    }

    /// What was read; members come in the order in which they were first named.
    var node: TOMLNode {
        let members = members.map { member in
            TOMLMember(
                key: member.key.text, keyPosition: member.key.position,
                value: Self.node(member.value))
        }
        return TOMLNode(.table(members), at: position)
    }

    private static func node(_ value: Value) -> TOMLNode {
        switch value {
        case .node(let node): node
        case .table(let table): table.node
        case .tables(let tables):
            TOMLNode(.array(tables.all.map(\.node)), at: tables.position)
        }
    }

    private subscript(key: TOMLKey) -> Value? { places[key.text].map { members[$0].value } }

    private func add(_ key: TOMLKey, _ value: Value) {
        places[key.text] = members.count
        members.append(Member(key: key, value: value))
    }

    /// Refused: a key that stands here already.
    func set(_ key: TOMLKey, _ node: TOMLNode) throws(TOMLFault) {
        try expectNone(key)
        add(key, .node(node))
    }

    /// Refused: a key that stands here already.
    func expectNone(_ key: TOMLKey) throws(TOMLFault) {
        guard self[key] == nil else { throw twice(key, "leave one of the two") }
    }

    /// The table that a dotted key goes through.
    ///
    /// Refused: one that has a header or braces of its own, and what is no table.
    func table(dotted key: TOMLKey) throws(TOMLFault) -> TOMLTableDraft {
        switch self[key] {
        case nil:
            let table = TOMLTableDraft(.dottedKey, at: key.position)
            add(key, .table(table))
            return table
        case .table(let table) where table.origin != .itself:
            table.origin = .dottedKey
            return table
        case .node, .table, .tables:
            throw twice(key, "write all that belongs to it in one place")
        }
    }

    /// The table that a header goes through, and how many places in arrays lead there: the last of
    /// several.
    ///
    /// Refused: what is no table, or is one in braces.
    func table(
        throughHeader key: TOMLKey
    ) throws(TOMLFault) -> (table: TOMLTableDraft, places: Int) {
        switch self[key] {
        case nil:
            let table = TOMLTableDraft(.header, at: key.position)
            add(key, .table(table))
            return (table, 0)
        case .table(let table): return (table, 0)
        case .tables(let tables): return (tables.last, 1)
        case .node: throw twice(key, "write all that belongs to it in one place")
        }
    }

    /// The table of `[key]`.
    ///
    /// Refused: a key that stands here already, unless only headers of tables below named it.
    func table(
        ofHeader key: TOMLKey, at position: SourcePosition
    ) throws(TOMLFault) -> TOMLTableDraft {
        switch self[key] {
        case nil:
            let table = TOMLTableDraft(.itself, at: position)
            add(key, .table(table))
            return table
        case .table(let table) where table.origin == .header:
            table.origin = .itself
            return table
        case .tables: throw twice(key, Self.brackets(key))
        case .node, .table: throw twice(key, "leave one of the two")
        }
    }

    /// The new table of `[[key]]`.
    ///
    /// Refused: a key that stands here already as something else.
    func element(
        ofHeader key: TOMLKey, at position: SourcePosition
    ) throws(TOMLFault) -> TOMLTableDraft {
        let table = TOMLTableDraft(.itself, at: position)
        switch self[key] {
        case nil: add(key, .tables(TOMLTablesDraft(table, at: position)))
        case .tables(let tables): tables.append(table)
        case .table: throw twice(key, Self.brackets(key))
        case .node: throw twice(key, "leave one of the two")
        }
        return table
    }

    private static func brackets(_ key: TOMLKey) -> String {
        "write double brackets both times: [[\(key.written)]]"
    }

    private func twice(_ key: TOMLKey, _ remedy: String) -> TOMLFault {
        let first = places[key.text].map { members[$0].key.position.line } ?? 0
        return TOMLFault(
            key.position, "\(key.written) stands here again, after line \(first)", remedy)
    }
}

/// The tables of `[[key]]` while their text is read.
final class TOMLTablesDraft {
    /// Of the first.
    let position: SourcePosition
    private(set) var all: [TOMLTableDraft]
    private(set) var last: TOMLTableDraft

    init(_ first: TOMLTableDraft, at position: SourcePosition) {
        self.position = position
        all = [first]
        last = first
    }

    func append(_ table: TOMLTableDraft) {
        all.append(table)
        last = table
    }
}

/// One part of a key, and where it stands.
struct TOMLKey {
    let text: String
    let position: SourcePosition

    /// As a file has it.
    var written: String { TOMLNode.Content.key(text) }
}
