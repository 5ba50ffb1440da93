package import Federation

/// A line of the journal's own that people ask for, by the word of its type: what happened to the policy
/// and to the journal itself. Those that only hold the chain together are none.
package enum OwnLine: String, Sendable, CaseIterable {
    case policy
    case erased
    case unrecorded
    case removed
    case torn

    /// All of them, as people ask for them.
    package static let words = allCases.map(\.rawValue).joined(separator: ", ")

    package var kind: JournalLine.Kind {
        switch self {
        case .policy: .policy
        case .erased: .erased
        case .unrecorded: .unrecorded
        case .removed: .removed
        case .torn: .torn
        }
    }

    /// The line for people: when, what, and what it says.
    package func summary(of object: JSONObject) -> String {
        "\(object["at"]?.string ?? "")  \(rawValue)  \(words(of: object))"
    }

    private func words(of object: JSONObject) -> String {
        func text(_ name: String) -> String { object[name]?.string ?? "-" }
        func number(_ name: String) -> String { object[name]?.number?.text ?? "-" }
        switch self {
        case .policy:
            let lists =
                text("lists_were") == text("lists")
                ? "" : ", downloaded lists \(text("lists_were")) → \(text("lists"))"
            return text("was") == text("policy")
                ? "\(text("policy"))\(lists)" : "\(text("was")) → \(text("policy"))\(lists)"
        case .erased: return "~\(text("subject"))"
        case .unrecorded:
            let codes = object["codes"]?.object?.members ?? []
            return codes.isEmpty
                ? "none"
                : codes.map { "\($0.name): \($0.value.number?.text ?? "-")" }
                    .joined(separator: ", ")
        case .removed: return "the days to \(text("through")), up to line \(number("last"))"
        case .torn: return "\(number("torn_bytes")) bytes that a crash left"
        }
    }
}
