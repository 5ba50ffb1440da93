extension PolicyBlockReader {
    /// Reads `[[limit]]`.
    mutating func limits(_ top: inout TOMLTableReader, _ parts: PolicyParts) -> [Limit] {
        var used: [String: SourcePosition] = [:]
        return top.tables("limit").compactMap { table in
            var table = table
            let name = self.name(&table, "limit", &used)
            // Tests and proofs ask for limits by their bare names.
            if name == Policy.pingPongLabel {
                findings.report(
                    table.place(of: "name"),
                    "\(quoted(Policy.pingPongLabel)) is the name of a built-in limit",
                    remedy: "choose another")
            }
            var scope = self.scope(&table)
            // `*.in` means messages here: a folder that is opened is a hundred requests for data.
            if let all = scope?.occasions {
                scope?.occasions = all.messages
                scope?.occasions.formUnion(namedData(table.node("on")))
            }
            let per = table.require("per", TOMLForm<Limit.Per>.word("value"))
            let measure = self.measure(&table, per)
            let code = table.read("code", .denialCode)
            let status = table.read("status", .refusalStatus)
            let hint = table.read("hint", .line)
            refuseWaiting(code, in: table, remedy: "nobody is asked here: write another code")
            let mode: PolicyMode = table.read("mode", .word("mode")) ?? .enforce
            table.finish()
            guard let name, let scope, let per, let measure else { return nil }
            return Limit(
                name: name, scope: scope, mode: mode, measure: measure, per: per,
                refusal: parts.refusal(.limitExceeded, code: code, status: status, hint: hint),
                label: Decider.limit(name).name, position: table.position)
        }
    }

    /// The requests for data that `on` names by a word of their own.
    private func namedData(_ node: TOMLNode?) -> OccasionSet {
        let words: [TOMLNode] =
            switch node?.content {
            case .array(let nodes): nodes
            case _: node.map { [$0] } ?? []
            }
        return words.reduce(into: OccasionSet()) { named, word in
            guard case .string(let text) = word.content,
                text.hasPrefix(MessageKind.webdav.rawValue), let data = OccasionSet(word: text)
            else { return }
            named.formUnion(data)
        }
    }

    /// What is counted: one of `rate` (with `burst` or `distinct`), `bytes` and `concurrent`.
    private func measure(_ table: inout TOMLTableReader, _ per: Limit.Per?) -> Limit.Measure? {
        let before = findings.count
        let rate = table.read("rate", .rate)
        let burst = table.read("burst", .integer(1...1_000_000_000))
        let distinct = table.read("distinct", TOMLForm<Limit.Distinct>.word("fact"))
        let bytes = table.read("bytes", .byteRate)
        let concurrent = table.read("concurrent", .integer(1...1_000_000))
        let written = ["rate", "bytes", "concurrent"].filter(table.has)
        if written.count != 1 {
            findings.report(
                table.position,
                written.isEmpty
                    ? "the limit counts nothing"
                    : "the limit has \(written.map { "\"\($0)\"" }.joined(separator: " and "))",
                remedy: written.isEmpty
                    ? #"write "rate", "bytes" or "concurrent""#
                    : "one block, one measure: write a block for each")
        }
        for key in ["burst", "distinct"] where table.has(key) && !table.has("rate") {
            findings.report(table.place(of: key), "\"\(key)\" belongs to a \"rate\"")
        }
        if table.has("burst"), table.has("distinct") {
            findings.report(
                table.place(of: "burst"), "\"burst\" does not go with \"distinct\"",
                remedy: "what is distinct is counted over the whole time of \"rate\"")
        }
        if let distinct, let per, distinct.rawValue == per.rawValue {
            findings.report(
                table.place(of: "distinct"),
                "each \(per.rawValue) has only one \(distinct.rawValue): this limit is never full")
        }
        guard findings.count == before else { return nil }
        if let concurrent { return .concurrent(concurrent) }
        if let bytes { return .bytes(bytes.count, period: bytes.period) }
        guard let rate else { return nil }
        if let distinct { return .distinct(distinct, rate) }
        return .rate(rate, burst: burst ?? rate.count)
    }
}

extension TOMLForm<Rate> {
    static let rate = TOMLForm.text(
        #"a rate like "60/min" (a number, and s, min, hour or day, or several: "100/15min")"#
    ) { Rate($0) }
}

/// `10GiB/day`
private struct ByteRate: Sendable {
    let count: ByteCount
    let period: Duration
}

extension TOMLForm<ByteRate> {
    fileprivate static let byteRate = TOMLForm.text(
        #"a rate of bytes like "10GiB/day" (a size, and s, min, hour or day, or several)"#
    ) { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let count = ByteCount(String(parts[0])), count.bytes > 0,
            let period = Rate.period(parts[1])
        else { return nil }
        return ByteRate(count: count, period: period)
    }
}
