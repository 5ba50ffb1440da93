import Federation
import Transport

extension JournalRecord {
    /// Bytes of one line.
    static let lineLimit = 32_768

    /// How much of a record is written; less where a line would be too long.
    enum Extent: CaseIterable {
        case whole, withoutBody, bare
    }

    /// Appends what the journal says of the decision.
    func write(into text: inout JournalText, _ extent: Extent = .whole) {
        for entry in decision.entries
        where extent != .bare || text.bytes.count < Self.lineLimit / 2 {
            switch entry.name {
            case .client:
                // Of the machine itself, or without an address: nobody's.
                if let subject = IPAddress(decision.client).flatMap(JournalSubject.init(of:)) {
                    text.add("client", decision.client, of: subject)
                } else {
                    text.add("client", decision.client)
                }
            case .checks:
                if checks.isEmpty { text.add(entry) }
            // Told whole below, where there is room for it; a member stands once.
            case .candidate:
                if candidate == nil || extent == .bare { text.add(entry) }
            case .would: text.add("would", decision.would.map { text.scrubbed($0) })
            case .detail: text.add(mentioning: "detail", decision.detail)
            // May name anybody.
            case .words: break
            default: text.add(entry)
            }
        }
        if extent == .bare {
            text.add("facts_omitted", true)
            return
        }
        if !checks.isEmpty {
            text.objects("checks", checks.prefix(Self.checkLimit)) { text, check in
                text.add("name", check.name)
                text.add("result", check.result.rawValue)
                text.add("reason", check.reason.text)
            }
        }
        if let candidate {
            text.object("candidate") { text in
                text.add("policy", candidate.policy)
                text.add("action", candidate.action.rawValue)
                text.add("by", candidate.by)
                text.add("code", candidate.code)
                text.add("would", candidate.would)
            }
        }
        if let facts, !JournalFacts.write(facts, into: &text) {
            text.add("facts_omitted", true)
        }
        switch extent {
        case .whole: body?.write(into: &text)
        case .withoutBody, .bare: break
        }
    }

    /// Checks that one record may hold.
    private static let checkLimit = 512
}
