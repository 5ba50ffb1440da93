/// Where something of a policy stands, for people who look it up.
package struct PolicyPlace: Sendable, Equatable, CustomStringConvertible {
    /// As the operator named it.
    package let file: String
    package let position: SourcePosition

    /// `file:line`
    package var description: String { "\(file):\(position.line)" }
}

extension Policy {
    /// Where the block stands that verdicts call `name` (see ``Verdict/by``); nil for what stands
    /// nowhere: built-in checks, and defaults that are not written.
    package func place(of name: String) -> PolicyPlace? {
        let position: SourcePosition?
        switch Decider(name) {
        case .unknown, .fallback: position = parts.places[name]
        case .mode(.report), .mode(.open): position = parts.places["mode"]
        case _:
            position =
                lists.first { $0.label == name }?.position
                ?? requirements.first { $0.label == name }?.position
                ?? limits.first { $0.label == name }?.position
                ?? rules.first { $0.label == name }?.position
        }
        return position.map { PolicyPlace(file: file, position: $0) }
    }

    /// The block that verdicts call `name`, with its place where it has one: `rule:no ssh
    /// (policy.toml:94)`.
    package func placed(_ name: String) -> String {
        name + (place(of: name).map { " (\($0))" } ?? "")
    }

    /// Where the entry stands that gave a peer its standing, or else the default for peers on no
    /// list.
    package func place(of standing: Standing) -> PolicyPlace? {
        guard standing.waitsFor == nil, let entry = standing.entry,
            let list = lists.first(where: { $0.name == standing.list })
        else { return place(of: standing.by) }
        return place(of: entry, in: list)
    }

    /// The name of the limit that a decision was by (``Verdict/by``); nil where it was no limit of this policy.
    package func limit(thatSays by: String?) -> String? {
        by == Self.pingPongLabel ? by : limits.first { $0.label == by }?.name
    }

    /// Where an entry of an own list stands; its list, where it says no place.
    package func place(of entry: ListEntry, in list: PeerList) -> PolicyPlace? {
        guard let position = entry.position else { return place(of: list.label) }
        let source = list.source.map { PolicyFiles.resolve($0, from: file) }
        return PolicyPlace(file: source ?? file, position: position)
    }
}
