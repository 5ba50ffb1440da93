// What mutants change in blocks and lists.

extension Requirement {
    /// Asks for one thing less.
    mutating func drop(_ need: Need) {
        refusals = zip(needs, refusals).filter { $0.0 != need }.map { $0.1 }
        needs.removeAll { $0 == need }
    }
}

extension Rule.Ruling {
    /// `allow`, `deny` or `hold`.
    var word: String {
        switch self {
        case .allow: Verdict.Action.allow.rawValue
        case .deny: Verdict.Action.deny.rawValue
        case .hold: Verdict.Action.hold.rawValue
        }
    }

    /// The same with other words.
    func with(_ refusal: Refusal) -> Rule.Ruling {
        switch self {
        case .allow: self
        case .deny: .deny(refusal)
        case .hold: .hold(refusal)
        }
    }
}

extension PeerList {
    /// The same list with nothing on it.
    var emptied: PeerList {
        var list = self
        (list.entries, list.loading) = ([], .loaded)
        return list
    }
}

extension HostPattern {
    /// The same name with more or less around it.
    var neighbours: [HostPattern] {
        let port = self.port.map { ":\($0)" } ?? ""
        let texts: [String] =
            switch scope {
            case .host: [".\(name)\(port)"]
            case .below: [".\(name)\(port)", "\(name)\(port)"]
            case .hostAndBelow: ["\(name)\(port)", "*.\(name)\(port)"]
            }
        return texts.compactMap { HostPattern($0) }
    }
}
