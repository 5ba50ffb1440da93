/// A policy in plain English, for somebody who has to answer for it: who is admitted, on what
/// terms, in the order of judgement, and what those read who are refused.
package struct PolicyEnglish: Sendable {
    package let title: String
    package private(set) var preamble: [String] = []
    package private(set) var sections: [Section] = []

    /// A part of the text under a title.
    package struct Section: Sendable {
        package let title: String
        package let clauses: [Clause]
    }

    /// One sentence or a few, of one block of the policy.
    package struct Clause: Sendable {
        package let text: String
        /// Each on a line of its own below it.
        package let items: [String]
        /// As verdicts name the block; nil for what is built in.
        package let block: String?
        package let position: SourcePosition?
        /// Of what has to hold: whether it does; nil for all else.
        package let isKept: Bool?

        init(
            _ text: String, items: [String] = [], block: String? = nil,
            position: SourcePosition? = nil, isKept: Bool? = nil
        ) {
            self.text = text
            self.items = items
            self.block = block
            self.position = position
            self.isKept = isKept
        }
    }

    /// - Parameters:
    ///   - promises: of this policy.
    ///   - longest: lists with more entries are counted, not printed.
    ///   - now: Unix seconds, to say which entries of lists are over; nil says it of none.
    package init(
        _ policy: Policy, _ promises: PolicyPromises, longest: Int = 100, now: Int? = nil
    ) {
        let file = policy.file.split(separator: "/").last.map(String.init) ?? policy.file
        title = "The policy \(EnglishWords.named(policy.name)), as \(file) says it"
        preamble = Self.warnings(promises) + Self.preamble(policy)
        let blocks = EnglishBlocks(policy)
        let lists = EnglishLists(policy: policy, longest: longest, now: now)
        add("Who is admitted", lists.clauses)
        add("What a message must have", blocks.requirements)
        add("How much there may be", blocks.limits)
        add("What is allowed (the first of these that fits a message decides)", blocks.rules)
        add("What changes by itself", lists.endings)
        add("What is only tried out", Self.triedOut(policy))
        add(
            "What has to hold of every possible message",
            zip(EnglishInvariants(policy: policy).clauses, promises.proofs).map {
                Self.proved($0, $1, policy)
            })
    }

    private mutating func add(_ title: String, _ clauses: [Clause]) {
        if !clauses.isEmpty { sections.append(Section(title: title, clauses: clauses)) }
    }

    /// Why nobody should put a name below it.
    private static func warnings(_ promises: PolicyPromises) -> [String] {
        var lines: [String] = []
        let failed = promises.failed
        if let first = failed.first?.test {
            lines.append(
                "NOT TO BE SIGNED: of its \(promises.tests.count) tests \(failed.count) fail, first "
                    + "\(EnglishWords.named(first.name)) (line \(first.position.line)).")
        }
        let broken = promises.proofs.filter { !$0.isProved }.count
        if broken > 0 {
            lines.append(
                "NOT TO BE SIGNED: of what has to hold of every message, \(broken) of "
                    + "\(promises.proofs.count) is not so, or is not proved.")
        }
        return lines
    }

    private static func proved(_ clause: Clause, _ proof: Proof, _ policy: Policy) -> Clause {
        let finding: String
        switch proof {
        case .proved(0): finding = "Proved, but no message is of this kind."
        case .proved: finding = "Proved."
        case .broken(let found):
            let block = found.verdict.by
            let line = policy.place(of: block).map { " (line \($0.position.line))" } ?? ""
            finding =
                "NOT SO: a message gets \(quoted(found.verdict.action.rawValue)) by \(block)\(line)."
        case .open(let reason): finding = "NOT PROVED: \(reason)."
        }
        return Clause(
            "\(clause.text) \(finding)", items: clause.items, block: clause.block,
            position: clause.position, isKept: proof.isProved)
    }

    private static func preamble(_ policy: Policy) -> [String] {
        var lines = [
            "Its fingerprint is \(policy.hash): another text with another meaning has another."
        ]
        lines.append(effect(of: policy.mode))
        lines.append(
            "Not decided here, and the same under every policy: what is malformed, too large, sent "
                + "twice, or signed wrongly is refused.")
        lines.append(
            "Who is refused reads a status, a code, a hint and the number of the decision, and no "
                + "more."
                + (policy.contact.map { " Each hint ends with whom to ask: \($0)." } ?? ""))
        lines.append(Self.otherReaders)
        return lines
    }

    private static let otherReaders =
        "What goes out is refused to our own server, with a status that it acts on; a token request "
        + "by an error of OAuth that has the code as its description."

    /// What the policy as a whole does.
    static func effect(of mode: PolicyMode) -> String {
        switch mode {
        case .enforce:
            "It enforces: a message is judged in the order of this page, and the first refusal "
                + "ends it."
        case .report:
            "It is tried out as a whole: nothing is refused by it. What it would refuse is recorded."
        case .open: "It is switched off: nothing is judged, everything passes."
        }
    }

    private static func triedOut(_ policy: Policy) -> [Clause] {
        guard policy.mode == .enforce else { return [] }
        let blocks =
            policy.requirements.map { ($0.label, $0.name, $0.mode, $0.position) }
            + policy.limits.map { ($0.label, $0.name, $0.mode, $0.position) }
            + policy.rules.map { ($0.label, $0.name, $0.mode, $0.position) }
        return blocks.compactMap { label, name, mode, position in
            switch mode {
            case .enforce: nil
            case .report:
                Clause(
                    "\(EnglishWords.named(name)) refuses nothing yet; what it would do is recorded.",
                    block: label, position: position)
            case .open:
                Clause(
                    "\(EnglishWords.named(name)) is switched off.", block: label, position: position
                )
            }
        }
    }

    /// The page, in lines of at most `width` characters.
    package func text(width: Int = 92) -> String {
        var lines = [title, String(repeating: "=", count: title.count), ""]
        for sentence in preamble { lines += Self.wrapped(sentence, width, "", "") }
        for (number, section) in sections.enumerated() {
            lines += ["", "\(number + 1). \(section.title)", ""]
            for (place, clause) in section.clauses.enumerated() {
                let label = "\(number + 1).\(place + 1)"
                let padding = String(repeating: " ", count: max(6 - label.count, 1))
                lines += Self.wrapped(clause.text, width, label + padding, "      ")
                for item in clause.items {
                    lines += Self.wrapped(item, width, "      - ", "        ")
                }
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func wrapped(
        _ text: String, _ width: Int, _ first: String, _ next: String
    ) -> [String] {
        var lines: [String] = []
        var line = first
        var isFresh = true
        for word in text.split(separator: " ") {
            if !isFresh, line.count + 1 + word.count > width {
                lines.append(line)
                (line, isFresh) = (next, true)
            }
            line += (isFresh ? "" : " ") + word
            isFresh = false
        }
        return lines + [line]
    }
}
