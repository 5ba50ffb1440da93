/// Judges by the text of the policy language, slowly and without a thought of speed: every sentence
/// of it stands here as one step. What the program says has to be the same.
struct ReferenceEvaluator {
    let policy: PlainPolicy
    let message: PlainMessage

    struct Answer: Equatable {
        var action: String
        var by: String
        var code: String?
        var would: Set<String>
    }

    private enum Effect { case letsThrough, restricts }

    /// "A message is judged in this order. The first refusal ends it, but every check is shown."
    func answer() -> Answer {
        if policy.mode == "open" {
            return Answer(action: "allow", by: "mode:open", code: nil, would: [])
        }
        var refusal: (action: String, by: String, code: String)?
        var would: Set<String> = []
        func refuse(_ action: String, _ by: String, _ code: String, mode: String = "enforce") {
            if policy.mode == "report" || mode == "report" {
                would.insert(by)
            } else if refusal == nil {
                refusal = (action, by, code)
            }
        }

        // "Lists give the peer a standing. Block: refuse. No standing: deny, allow or hold."
        if let deciding {
            if deciding.list.standing == "block" {
                refuse("deny", "list:\(deciding.list.name)", "peer_blocked")
            }
        } else if policy.unknown == "deny" || policy.unknown == "hold" && message.peer == nil {
            refuse("deny", "unknown", "peer_unknown")
        } else if policy.unknown == "hold" {
            refuse("hold", "unknown", "peer_held")
        }

        // "A peer that advertises a key and then sends without a signature is refused."
        if message.direction == "in", message.kind != "webdav", message.advertisesKeys, !isSigned {
            refuse("deny", "built-in:advertised-keys", "signature_required")
        }

        // "Require: every block that matches must hold."
        for block in policy.requires where block.mode != "open" && isAbout(block, .restricts) {
            let order = [
                "signature", "rfc9421", "token-exchange", "invite", "mfa", "key-pinned",
                "directory", "mtls",
            ]
            guard let missing = order.first(where: { block.needs.contains($0) && !isMet($0) })
            else { continue }
            refuse(
                "deny", "require:\(block.name)", block.code ?? Self.code(of: missing),
                mode: block.mode)
        }

        // "Limit: every block that matches must have room."
        if message.notificationType?.hasPrefix("SHARE_") == true, refusal == nil,
            message.over.contains("built-in:ping-pong")
        {
            refuse("deny", "built-in:ping-pong", "limit_exceeded")
        }
        for block in policy.limits where block.mode != "open" && isAbout(block, .restricts) {
            // In a limit `*.in` and `*.out` mean messages: data is counted where it is named.
            if message.kind == "webdav", !block.on.contains(where: { $0.hasPrefix("webdav") }) {
                continue
            }
            if refusal == nil, message.over.contains(block.name) {
                refuse(
                    "deny", "limit:\(block.name)", block.code ?? "limit_exceeded",
                    mode: block.mode)
            }
        }

        // "Rule: from the top, the first match decides. None: default."
        var decided: String?
        for block in policy.rules where block.mode != "open" && decided == nil {
            guard isAbout(block, block.action == "allow" ? .letsThrough : .restricts) else {
                continue
            }
            if block.mode == "report" {
                would.insert("rule:\(block.name)")
                continue
            }
            decided = "rule:\(block.name)"
            if block.action == "deny" {
                refuse("deny", "rule:\(block.name)", block.code ?? "not_allowed")
            }
            if block.action == "hold" {
                refuse("hold", "rule:\(block.name)", block.code ?? "held")
            }
            if block.action != "allow" { decided = "mode:report" }
        }
        if decided == nil {
            decided = "default"
            if policy.fallback == "deny" {
                refuse("deny", "default", "not_allowed")
                decided = "mode:report"
            }
        }
        if let refusal {
            return Answer(
                action: refusal.action, by: refusal.by, code: refusal.code, would: would)
        }
        return Answer(action: "allow", by: decided ?? "", code: nil, would: would)
    }

    // MARK: Lists

    private struct Match {
        let list: PlainPolicy.List
        let pattern: String
    }

    /// "Own lists beat downloaded lists; within one tier the more specific pattern wins; a tie is a
    /// block; a hard list cannot be overridden."
    private var deciding: Match? {
        var matches = self.matches
        if matches.contains(where: \.list.isHard) {
            matches = matches.filter(\.list.isHard)
            return matches.first {
                $0.list.standing == "block" && isBest($0, of: matches, hard: true)
            }
                ?? matches.first { isBest($0, of: matches, hard: true) }
        }
        if matches.contains(where: { $0.list.from == "own" }) {
            matches = matches.filter { $0.list.from == "own" }
        }
        let best = matches.filter { one in
            !matches.contains { Self.isMoreSpecific($0.pattern, than: one.pattern) }
        }
        // Of equal ones the list whose name comes first is named.
        let named = best.sorted { $0.list.name < $1.list.name }
        return named.first { $0.list.standing == "block" } ?? named.first
    }

    /// Among hard lists: a block before an allow, then as among the others.
    private func isBest(_ one: Match, of matches: [Match], hard: Bool) -> Bool {
        var rest = matches
        if rest.contains(where: { $0.list.standing == "block" }) {
            rest = rest.filter { $0.list.standing == "block" }
        }
        if rest.contains(where: { $0.list.from == "own" }) {
            rest = rest.filter { $0.list.from == "own" }
        }
        rest = rest.filter { other in
            !rest.contains { Self.isMoreSpecific($0.pattern, than: other.pattern) }
        }
        let first = rest.sorted { $0.list.name < $1.list.name }[0]
        return first.list.name == one.list.name && first.pattern == one.pattern
    }

    private var matches: [Match] {
        guard let peer = message.peer else { return [] }
        return policy.lists.flatMap { list in
            list.entries.filter { entry in
                // The day of `until` is the last that counts.
                let counts = entry.untilDay.map { message.minute < ($0 + 1) * 1440 } ?? true
                return counts && Self.matches(entry.pattern, peer)
            }.map { Match(list: list, pattern: $0.pattern) }
        }
    }

    /// "`host`, `*.host` (below it), `.host` (both), each with an optional port."
    private static func matches(_ pattern: String, _ peer: String) -> Bool {
        let wanted = pattern.split(separator: ":").map(String.init)
        let given = peer.split(separator: ":").map(String.init)
        if wanted.count == 2, wanted[1] != (given.count == 2 ? given[1] : "443") { return false }
        let host = given[0]
        if wanted[0].hasPrefix("*.") { return host.hasSuffix(wanted[0].dropFirst()) }
        if wanted[0].hasPrefix(".") {
            return host == String(wanted[0].dropFirst()) || host.hasSuffix(wanted[0])
        }
        return host == wanted[0]
    }

    /// Of two patterns of one host: the longer name; then the host alone, what is below it, both; then
    /// with a port.
    private static func isMoreSpecific(_ one: String, than other: String) -> Bool {
        func rank(_ pattern: String) -> [Int] {
            let parts = pattern.split(separator: ":").map(String.init)
            let scope = parts[0].hasPrefix("*.") ? 1 : parts[0].hasPrefix(".") ? 0 : 2
            let name = parts[0].drop { $0 == "*" }.drop { $0 == "." }
            return [name.count, scope, parts.count]
        }
        return rank(other).lexicographicallyPrecedes(rank(one))
    }

    private func isOn(_ list: String) -> Bool { matches.contains { $0.list.name == list } }

    // MARK: Blocks

    private func isAbout(_ block: PlainPolicy.Block, _ effect: Effect) -> Bool {
        guard block.on.contains(where: isOccasion) else { return false }
        if !block.peer.isEmpty, !block.peer.contains(where: selects) { return false }
        if block.except.contains(where: selects) { return false }
        return block.when.allSatisfy { holds($0.key, $0.values, effect) }
    }

    /// "Each `.in` or `.out`; without suffix both; `*.in`, `*.out`."
    private func isOccasion(_ word: String) -> Bool {
        let parts = word.split(separator: ".").map(String.init)
        if parts.count == 2, parts[1] != message.direction { return false }
        return parts[0] == "*" || parts[0] == message.kind
    }

    private func selects(_ word: String) -> Bool {
        if word.hasPrefix("@") { return isOn(String(word.dropFirst())) }
        return message.peer.map { Self.matches(word, $0) } ?? false
    }

    private var isSigned: Bool { ["cavage", "rfc9421"].contains(message.signature) }

    private func isMet(_ need: String) -> Bool {
        switch need {
        case "signature": isSigned
        case "rfc9421": message.signature == "rfc9421"
        case "token-exchange": message.isByToken
        case "invite": message.isInvited
        case "mfa": message.enforcesMFA
        case "key-pinned": message.isPinned && (message.direction == "out" || isSigned)
        case "mtls": message.showsCertificate
        // A directory service's list names it, and lets it in.
        case _: matches.contains { $0.list.from == "ocm-directory" && $0.list.standing == "allow" }
        }
    }

    private static func code(of need: String) -> String {
        switch need {
        case "signature", "rfc9421": "signature_required"
        case "token-exchange": "token_exchange_required"
        case "invite": "invite_required"
        case "mfa": "mfa_required"
        case _: "not_allowed"
        }
    }

    // MARK: Conditions

    private var hasShare: Bool {
        ["share", "request-share", "webdav", "token"].contains(message.kind)
            || message.kind == "ocs" && message.notificationType == nil
    }

    private func holds(_ key: String, _ values: [String], _ effect: Effect) -> Bool {
        switch key {
        case "share_type": message.shareType.map(values.contains) ?? false
        case "resource_type":
            message.resourceType.map(values.contains) ?? mayBeAny(effect)
        case "notification_type": message.notificationType.map(values.contains) ?? false
        case "protocol": covers(message.protocols, values, effect)
        case "access_types": covers(message.accessTypes, values, effect)
        case "permissions": hasShare && covers(permissions(values), values, effect)
        case "permissions_not":
            hasShare && permissions(values).contains { !values.contains($0) }
        case "size_max": hasShare && (message.size ?? 0) <= Int(values[0]) ?? 0
        case "owner": matches(values, message.owner) ?? mayBeAny(effect)
        case "sender": matches(values, message.sender) ?? mayBeAny(effect)
        case "recipient": matches(values, message.recipient) ?? mayBeAny(effect)
        case "software": matches(values, message.software) ?? false
        case "net": isFrom(values, effect)
        case _: values.contains(where: isTime)
        }
    }

    /// What lets through must cover all; what restricts needs only one.
    private func covers(_ facts: [String], _ values: [String], _ effect: Effect) -> Bool {
        guard !facts.isEmpty else { return false }
        switch effect {
        case .letsThrough: return facts.allSatisfy(values.contains)
        case .restricts: return facts.contains(where: values.contains)
        }
    }

    /// "A condition treats unspecified as everything; a rule may name it."
    private func permissions(_ values: [String]) -> [String] {
        let granted = message.permissions.isEmpty ? ["unspecified"] : message.permissions
        guard granted.contains("unspecified"), !values.contains("unspecified") else {
            return granted
        }
        return ["read", "write", "share"]
    }

    /// "A code, or a request for data, of a share of which that is not known may be anybody's."
    private func mayBeAny(_ effect: Effect) -> Bool {
        effect == .restricts && ["token", "webdav"].contains(message.kind)
    }

    private func matches(_ globs: [String], _ text: String?) -> Bool? {
        guard let text else { return nil }
        return globs.contains { Self.glob(Array($0.lowercased()), Array(text.lowercased())) }
    }

    private static func glob(_ pattern: [Character], _ text: [Character]) -> Bool {
        guard let first = pattern.first else { return text.isEmpty }
        let rest = Array(pattern.dropFirst())
        if first == "*" {
            return (0...text.count).contains { glob(rest, Array(text.dropFirst($0))) }
        }
        return text.first == first && glob(rest, Array(text.dropFirst()))
    }

    /// Who has no address may be anywhere.
    private func isFrom(_ ranges: [String], _ effect: Effect) -> Bool {
        guard let address = message.address else { return effect == .restricts }
        return ranges.contains { range in
            let parts = range.split(separator: "/")
            let base = parts[0].split(separator: ".").compactMap { Int($0) }
            let bits = parts.count == 2 ? Int(parts[1]) ?? 0 : 32
            func number(_ bytes: [Int]) -> Int { bytes.reduce(0) { $0 * 256 + $1 } }
            return number(base) >> (32 - bits) == number(address) >> (32 - bits)
        }
    }

    /// Minute by minute: the days and spans that the random policies have.
    private func isTime(_ window: String) -> Bool {
        let words = window.split(separator: " ").map(String.init)
        let offset = words.count == 3 ? (words[2].hasPrefix("-") ? -60 : 60) : 0
        let local = message.minute + offset + 10 * 10_080
        // Day 0 was a Thursday, the fourth of the week.
        let days = ["mon": [0], "mon-fri": [0, 1, 2, 3, 4], "sat,sun": [5, 6]][words[0]] ?? []
        func day(_ minute: Int) -> Int { (minute / 1440 + 3) % 7 }
        let clock = local % 1440
        switch words[1] {
        case "08:00-18:00": return days.contains(day(local)) && (480..<1080).contains(clock)
        // Until six of the next day, as part of the day on which it begins.
        case _:
            return days.contains(day(local)) && clock >= 22 * 60
                || days.contains(day(local - 1440)) && clock < 6 * 60
        }
    }
}
