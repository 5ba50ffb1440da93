import OpenSSL

/// Reads `[[require]]`, `[[limit]]` and `[[rule]]`.
struct PolicyBlockReader {
    let names: PolicyNames
    let findings: Findings

    init(names: PolicyNames, findings: Findings) {
        self.names = names
        self.findings = findings
    }

    mutating func requirements(
        _ top: inout TOMLTableReader, _ parts: PolicyParts
    ) -> [Requirement] {
        var used: [String: SourcePosition] = [:]
        return top.tables("require").compactMap { table in
            var table = table
            let name = self.name(&table, "require", &used)
            let scope = self.scope(&table)
            let needs = self.needs(&table)
            let code = table.read("code", .denialCode)
            let hint = table.read("hint", .line)
            refuseWaiting(code, in: table, remedy: "nobody is asked here: write another code")
            let mode: PolicyMode = table.read("mode", .word("mode")) ?? .enforce
            if needs?.contains(.invite) == true, scope?.hasMessagesWithoutInvite == true {
                findings.report(
                    table.place(of: "on"), "an invitation stands behind shares only",
                    remedy: "name share, request-share or ocs in \"on\"")
            }
            table.finish()
            guard let name, let scope, let needs else { return nil }
            return Requirement(
                name: name, scope: scope, mode: mode, needs: needs,
                refusals: needs.map { parts.refusal($0.denialCode, code: code, hint: hint) },
                label: Decider.requirement(name).name, position: table.position)
        }
    }

    private func needs(_ table: inout TOMLTableReader) -> [Need]? {
        // A set: which of two missing needs is named must not hang on their order.
        table.require("need", TOMLForm<Need>.word("need").oneOrMore)
            .map { needs in Need.allCases.filter(needs.contains) }
    }

    mutating func rules(_ top: inout TOMLTableReader, _ parts: PolicyParts) -> [Rule] {
        var used: [String: SourcePosition] = [:]
        return top.tables("rule").compactMap { table in
            var table = table
            let name = self.name(&table, "rule", &used)
            let scope = self.scope(&table)
            let ruling = self.ruling(&table, parts, scope)
            let mode: PolicyMode = table.read("mode", .word("mode")) ?? .enforce
            table.finish()
            guard let name, let scope, let ruling else { return nil }
            return Rule(
                name: name, scope: scope, mode: mode, ruling: ruling,
                label: Decider.rule(name).name, position: table.position)
        }
    }

    private enum Action: String, CaseIterable { case allow, deny, hold }

    private func ruling(
        _ table: inout TOMLTableReader, _ parts: PolicyParts, _ scope: BlockScope?
    ) -> Rule.Ruling? {
        let status = table.read("status", .refusalStatus)
        let code = table.read("code", .denialCode)
        let hint = table.read("hint", .line)
        let settings = self.settings(&table, scope)
        guard let action = table.require("action", TOMLForm<Action>.word("action")) else {
            return nil
        }
        switch action {
        case .allow:
            for key in ["status", "code", "hint"] where table.has(key) {
                findings.report(
                    table.place(of: key), "\"\(key)\" belongs to a rule that refuses")
            }
            return .allow(settings ?? .none)
        case .deny, .hold:
            if table.has("set") {
                findings.report(table.place(of: "set"), "\"set\" belongs to a rule that allows")
            }
            if action == .hold {
                checkHold(table, code, status)
                return .hold(parts.refusal(.held, .hold, code: code, status: status, hint: hint))
            }
            let row = code.flatMap(DenialCode.init(rawValue:)) ?? .notAllowed
            refuseWaiting(
                code, in: table, remedy: "write action = \"hold\", or another code")
            return .deny(parts.refusal(row, code: code, status: status, hint: hint))
        }
    }

    /// What waits is told to come later, and in no other words than these.
    private func checkHold(_ table: TOMLTableReader, _ code: String?, _ status: Int?) {
        if let status, status != DenialCode.held.status {
            findings.report(
                table.place(of: "status"),
                "what waits for a person is answered \(DenialCode.held.status)",
                remedy: "leave \"status\" out, or write action = \"deny\"")
        }
        if let row = code.flatMap(DenialCode.init(rawValue:)), row != .held, row != .peerHeld {
            findings.report(
                table.place(of: "code"), "the code \"\(row.rawValue)\" does not say that it waits",
                remedy: "leave \"code\" out, or write action = \"deny\"")
        }
    }

    /// Reports a code that says that a person is asked.
    func refuseWaiting(_ code: String?, in table: TOMLTableReader, remedy: String) {
        switch code.flatMap(DenialCode.init(rawValue:)) {
        case .held?, .peerHeld?, .keyChanged?:
            findings.report(
                table.place(of: "code"), "the code \(quoted(code ?? "")) says that it waits",
                remedy: remedy)
        case _: break
        }
    }

    private func settings(
        _ table: inout TOMLTableReader, _ scope: BlockScope?
    ) -> RuleSettings? {
        guard var set = table.table("set") else { return nil }
        let ttl = set.read("token_ttl", .seconds(from: .seconds(10), to: .seconds(86_400)))
        let accept = set.read("accept_secret", TOMLForm<AcceptSecret>.word("value"))
        let bind = set.read("bind", TOMLForm<CodeBinding>.word("value"))
        set.finish()
        if let scope {
            for (key, words) in Self.settingOccasions where set.has(key) {
                let occasions = words.compactMap { Occasion($0) }
                guard !occasions.contains(where: scope.occasions.contains) else { continue }
                findings.report(
                    set.place(of: key), "\"\(key)\" changes nothing for what this rule is about",
                    remedy: "it belongs to a rule about \(words.joined(separator: ", "))")
            }
        }
        return RuleSettings(tokenTTL: ttl, acceptSecret: accept, bind: bind)
    }

    /// What each setting is of use for.
    private static let settingOccasions: KeyValuePairs = [
        "token_ttl": ["share.out", "share.in", "token.in", "token.out"],
        "accept_secret": ["share.out", "webdav.in"], "bind": ["share.out", "token.in"],
    ]

    func name(
        _ table: inout TOMLTableReader, _ kind: String, _ used: inout [String: SourcePosition]
    ) -> String? {
        guard let name = table.require("name", .line) else { return nil }
        if let other = used[name] {
            findings.report(
                table.place(of: "name"),
                "there is another [[\(kind)]] \(quoted(name)), in line \(other.line)")
        } else {
            used[name] = table.place(of: "name")
        }
        return name
    }

    func scope(_ table: inout TOMLTableReader) -> BlockScope? {
        let before = findings.count
        let occasions = table.require("on", .occasions)
        let peers = selector("peer", &table)
        let excepted = selector("except", &table)
        let conditions = table.table("when").map { ConditionReader.read($0) }
        guard let occasions, findings.count == before else { return nil }
        return BlockScope(
            occasions: occasions, peers: peers, excepted: excepted, conditions: conditions ?? [])
    }

    /// `"@list"`, a host pattern, or an array of these.
    func selector(_ key: String, _ table: inout TOMLTableReader) -> PeerSelector? {
        guard let node = table.node(key) else { return nil }
        return TOMLForm.peers(names).oneOrMore.read(node, findings).map { parts in
            PeerSelector(
                lists: parts.compactMap { if case .list(let list) = $0 { list } else { nil } },
                patterns: parts.compactMap {
                    if case .pattern(let pattern) = $0 { pattern } else { nil }
                })
        }
    }
}

/// One word of `peer` or `except`.
private enum PeerWord: Sendable {
    case list(Int)
    case pattern(HostPattern)
}

extension TOMLForm<PeerWord> {
    fileprivate static func peers(_ names: PolicyNames) -> TOMLForm {
        let expected = #""@list" or a host pattern"#
        return TOMLForm(expected) { node, findings in
            guard case .string(let word) = node.content else {
                return wrong(node, expected, findings)
            }
            if word.hasPrefix("@") {
                return names.list(String(word.dropFirst()), at: node.position, findings)
                    .map(PeerWord.list)
            }
            // A host of the same name as a list is far less likely than a forgotten "@".
            if names.lists.contains(word) {
                findings.report(
                    node.position, "\(quoted(word)) is the name of a list",
                    remedy: "did you mean \(quoted("@" + word))?")
                return nil
            }
            if let pattern = HostPattern(word) { return .pattern(pattern) }
            findings.report(
                node.position, "\(quoted(word)) is not \(expected)",
                remedy: HostPattern.remedy(for: word))
            return nil
        }
    }
}

extension TOMLForm<String> {
    /// A code as peers read it: `signature_required`.
    static let denialCode = TOMLForm.text("a code like \"not_allowed\" (a-z, 0-9, _)") { text in
        let isCode =
            (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                byte.isLowercaseLetter || byte.isDigit
                    || byte == UInt8(ascii: "_")
            }
        return isCode ? text : nil
    }
}

extension TOMLForm<Int> {
    /// The statuses of the drafts for a refusal.
    static let refusalStatus = TOMLForm("one of 400, 401, 403, 404, 429, 501, 503") {
        node, findings in
        let known = [400, 401, 403, 404, 429, 501, 503]
        guard case .integer(let status) = node.content else {
            return wrong(node, "a number without quotes", findings)
        }
        if known.contains(status) { return status }
        findings.report(
            node.position, "the status of a refusal is one of 400, 401, 403, 404, 429, 501, 503")
        return nil
    }
}

extension TOMLForm<OccasionSet> {
    /// A word of `on`, or an array of them.
    static let occasions = TOMLForm<OccasionSet>("a kind of message like \"share.in\"") {
        node, findings in
        guard case .string(let word) = node.content else {
            return wrong(node, "a kind of message like \"share.in\"", findings)
        }
        if let set = OccasionSet(word: word) { return set }
        let words = MessageKind.allCases.map(\.rawValue) + ["*.in", "*.out"]
        let near = nearestWord(to: word, among: OccasionSet.words)
        findings.report(
            node.position, "unknown kind of message \(quoted(word))",
            remedy: near.map { "did you mean \(quoted($0))?" }
                ?? "known here: \(words.joined(separator: ", ")), each with .in or .out")
        return nil
    }.oneOrMore.map { sets in
        sets.reduce(into: OccasionSet()) { $0.formUnion($1) }
    }
}
