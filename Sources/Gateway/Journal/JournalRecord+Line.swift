import Federation
import Transport

extension JournalRecord {
    /// Bytes of one line.
    static let lineLimit = 32_768

    /// How much of a record is written; less where a line would be too long.
    private enum Extent { case whole, withoutBody, bare }

    /// What the journal says of the decision, in a line of at most ``lineLimit`` bytes.
    ///
    /// - Parameter decision: its members as the log has them.
    func text(_ decision: LogMembers) -> JournalText {
        for extent in [Extent.whole, .withoutBody] {
            let text = text(decision, extent)
            if text.mostBytes <= Self.lineLimit { return text }
        }
        return text(decision, .bare)
    }

    private func text(_ decision: LogMembers, _ extent: Extent) -> JournalText {
        var text = JournalText()
        write(decision, into: &text, extent)
        return text
    }

    private func write(_ members: LogMembers, into text: inout JournalText, _ extent: Extent) {
        members.forEach { name, written in
            // One of what would have refused it is told in any case.
            let count = name == .would ? 0 : written.count
            if extent == .bare, text.mostBytes + count > Self.lineLimit / 2 { return }
            switch name {
            case .client:
                // Of the machine itself, or without an address: nobody's.
                if let subject = IPAddress(decision.client).flatMap(JournalSubject.init(of:)) {
                    text.add("client", decision.client, of: subject)
                } else {
                    text.add(written: written)
                }
            case .checks:
                if checks.isEmpty { text.add(written: written) }
            // Told whole below, where there is room for it; a member stands once.
            case .candidate:
                if candidate == nil || extent == .bare { text.add(written: written) }
            case .would:
                text.begin("would")
                let told = extent == .bare ? decision.would.prefix(1) : decision.would[...]
                text.list(told) { $0.write(mentioning: $1) }
                let left = decision.would.count - told.count
                if left > 0 { text.add("would_omitted", left) }
            case .detail: text.add(mentioning: "detail", decision.detail)
            // May name anybody.
            case .words: break
            default: text.add(written: written)
            }
        }
        if extent == .bare {
            text.add("facts_omitted", true)
            return
        }
        if !checks.isEmpty {
            text.begin("checks")
            text.list(checks.prefix(Self.checkLimit)) { $0.write($1) }
        }
        if let candidate {
            text.object("candidate") { text in
                text.add("policy", candidate.policy)
                text.add("action", candidate.action.rawValue)
                text.add("by", candidate.by)
                text.add("code", candidate.code)
                text.add("would", candidate.would)
                if !candidate.isCertain {
                    text.add("certainty", JournalRecord.Candidate.uncertain)
                }
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
