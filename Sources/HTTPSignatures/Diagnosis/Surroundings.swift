/// What is known around a message that could be what its signer saw.
package struct Surroundings: Sendable {
    /// What the site calls itself: its own origin first, then its aliases.
    package let origins: [Origin]
    /// Hosts that a forwarding field of the message may add.
    package let hints: Hints

    /// Whose word is taken for a host that is tried.
    package enum Hints: Sendable {
        /// Only names of the site: whoever sends a message can write such a field.
        case ownNames
        /// Any; for a person who looks at one file.
        case any
    }

    package init(origins: [Origin], hints: Hints) {
        self.origins = origins
        self.hints = hints
    }

    func admits(_ authority: String) -> Bool {
        switch hints {
        case .any: true
        case .ownNames:
            origins.contains { $0.hostName == Origin.hostName(of: authority.lowercased()) }
        }
    }
}

extension Origin {
    /// The authority without its port.
    var hostName: String { Self.hostName(of: authority) }

    static func hostName(of authority: String) -> String {
        let end = authority.lastIndex(of: "]") ?? authority.startIndex
        guard let colon = authority[end...].lastIndex(of: ":") else { return authority }
        return String(authority[..<colon])
    }
}
