import Federation

/// Suggestions as TOML that can be pasted into a policy; the evidence stands in comments.
extension PolicySuggestions {
    package var toml: String {
        var lines = ["# From \(decisions) decisions of the journal."]
        lines += candidateLines + endedLines + distrustLines + signerLines + trialLines + idleLines
        if lines.count == 1 { lines.append("# Nothing to suggest.") }
        return lines.joined(separator: "\n") + "\n"
    }

    private var candidateLines: [String] {
        let found = candidates
        guard !found.isEmpty else { return [] }
        let signing = found.filter { $0.tally.unsigned == 0 && $0.tally.valid > 0 }
        let unseen = found.filter { $0.tally.unsigned == 0 && $0.tally.valid == 0 }
        let unsigned = found.filter { $0.tally.unsigned > 0 }
        var lines = [
            "",
            "# Peers on no list that came at least \(least) times. Who they are is their own word: ask",
            "# them, and see `ocmgate peer probe HOST` and `ocmgate discover HOST`, before you let one in.",
        ]
        if !signing.isEmpty {
            lines += ["[list.\(freeName)]", "standing = \"allow\"", "entries  = ["]
            for (name, tally) in signing.prefix(Self.shown) {
                lines.append("  # \(evidence(tally))")
                lines.append(
                    "  { host = \(Self.quoted(name)), note = \(Self.quoted("seen \(tally.days)")) },"
                )
            }
            lines.append("]")
            lines += more(signing.count)
        }
        lines += told(
            unseen,
            "# Not suggested, since nobody looked at their signatures before they were refused "
                + "(unknown = \"hold\" does):")
        lines += told(
            unsigned,
            "# Not suggested, since they do not sign (anybody may have written in their name):")
        return lines
    }

    /// A name that no list of the policy has: TOML knows no table twice.
    private var freeName: String {
        let taken = Set(policy.lists.map(\.name))
        var (name, number) = ("candidates", 1)
        while taken.contains(name) {
            number += 1
            name = "candidates-\(number)"
        }
        return name
    }

    /// Peers in a comment, with the evidence; no lines for nobody.
    private func told(_ found: [(name: String, tally: PeerTally)], _ title: String) -> [String] {
        if found.isEmpty { return [] }
        return [title]
            + found.prefix(Self.shown).map { "#   \(Self.plain($0.name)): \(evidence($0.tally))" }
            + more(found.count)
    }

    private var endedLines: [String] {
        let found = ended
        guard !found.isEmpty else { return [] }
        return [
            "",
            "# Not suggested, since an end was meant; where one is to come in again, write a later",
            "# `until` there (as `ocmgate peer hold approve HOST --list LIST --until DATE` does):",
        ]
            + found.prefix(Self.shown).map { name, over, tally in
                "#   \(Self.plain("\(name), \(over.words)")): \(evidence(tally))"
            } + more(found.count)
    }

    private var distrustLines: [String] {
        let lines = told(distrusted, "# Not suggested, since signatures in their name failed:")
        return lines.isEmpty ? [] : [""] + lines
    }

    private var signerLines: [String] {
        let found = signers
        guard !found.isEmpty else { return [] }
        return ["", "# Excepted from having to sign, and always sign: the exception can go."]
            + found.prefix(Self.shown).map {
                "#   \(Self.plain($0.name)), in @\($0.list): \(evidence($0.tally))"
            } + more(found.count)
    }

    /// What is tried out and was about messages; the rest is among `idleLines`.
    private var trialLines: [String] {
        let found = trials.filter { $0.about > 0 || !$0.refused.isEmpty }
        guard !found.isEmpty else { return [] }
        var lines = [
            "",
            trialTitle,
        ]
        for (label, about, refused) in found {
            let name = Self.plain(policy.placed(label))
            if refused.isEmpty {
                lines.append(
                    "#   \(name): was about \(about) messages and would have refused none")
                continue
            }
            let total = refused.reduce(0) { $0 + $1.count }
            lines.append("#   \(name): would have refused \(total) of \(about) messages:")
            for (peer, count) in refused.prefix(Self.shown) {
                lines.append("#     \(peer.isEmpty ? "nobody named" : Self.plain(peer)): \(count)")
            }
            lines += more(refused.count)
        }
        return lines
    }

    private var trialTitle: String {
        if !isTriedOut { return "# Blocks that are only reported. With mode = \"enforce\":" }
        return profile == .observe
            ? "# profile = \"observe\" refuses nothing by policy. With another one, and mode = \"enforce\":"
            : "# mode = \"report\" refuses nothing. With mode = \"enforce\":"
    }

    private var idleLines: [String] {
        let found = idle
        guard !found.isEmpty else { return [] }
        return [
            "", "# Blocks that were about no message in this time, so nothing is known of them:",
        ]
            + found.map { "#   \(Self.plain(policy.placed($0)))" }
    }

    private func evidence(_ tally: PeerTally) -> String {
        var text = "\(tally.messages) messages, \(tally.days): \(tally.signing); "
        text += Self.plain(tally.kindWords)
        if tally.shares > 0 { text += "; \(tally.tokenShares) of \(tally.shares) shares by token" }
        return text
    }

    private func more(_ count: Int) -> [String] {
        count > Self.shown ? ["#   and \(count - Self.shown) more"] : []
    }

    /// A string of TOML.
    private static func quoted(_ text: String) -> String {
        var line: [UInt8] = []
        LogText.write(text, into: &line)
        return String(decoding: line, as: UTF8.self)
    }

    /// A text inside of a comment: it stays on its line.
    private static func plain(_ text: String) -> String {
        String(quoted(text).dropFirst().dropLast())
    }

    private static let shown = 50
}
