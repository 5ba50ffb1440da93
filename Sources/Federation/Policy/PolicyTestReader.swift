/// Reads `[[test]]`: `given` and `want`.
struct PolicyTestReader {
    let file: String
    let names: PolicyNames
    /// The names of the limits, in their order.
    let limits: [String]
    let known: TestNames

    func read(_ table: inout TOMLTableReader) -> PolicyTest? {
        let findings = table.findings
        let before = findings.count
        let name = table.require("name", .line)
        let given = table.require("given", .members("given", findings)).flatMap { $0 }
        let want = table.require("want", .members("want", findings)).flatMap { $0 }
        table.finish()
        guard let name, var given, var want else { return nil }
        let facts = GivenFacts.read(&given)
        let lists = self.lists(&given)
        let over = self.over(&given)
        given.finish()
        let wanted = self.want(&want)
        want.finish()
        guard let facts, findings.count == before else { return nil }
        return PolicyTest(
            name: name, file: file, position: table.position, facts: facts, lists: lists,
            over: over, want: wanted)
    }

    private func lists(_ given: inout TOMLTableReader) -> [Int: [ListEntry]] {
        guard let table = given.table("lists") else { return [:] }
        var lists: [Int: [ListEntry]] = [:]
        for member in table.all {
            let list = names.list(member.key, at: member.keyPosition, table.findings)
            let patterns = TOMLForm.hostPattern.array.read(member.value, table.findings)
            if let list, let patterns { lists[list] = patterns.map { ListEntry(pattern: $0) } }
        }
        return lists
    }

    /// The limits that `over` says have no room.
    private func over(_ given: inout TOMLTableReader) -> Set<Int> {
        guard let node = given.node("over") else { return [] }
        let form = TOMLForm<String>.known(known.limits + [Policy.pingPongLabel], "limit").array
        guard let words = form.read(node, given.findings) else { return [] }
        return Set(words.map { limits.firstIndex(of: $0) ?? Policy.pingPongPlace })
    }

    private func want(_ table: inout TOMLTableReader) -> PolicyTest.Want {
        var want = PolicyTest.Want()
        want.action = table.read("action", .word("action"))
        let block = TOMLForm<String>.known(known.verdicts, "block")
        want.by = table.read("by", block)
        want.code = table.read("code", .denialCode)
        want.status = table.read("status", .refusalStatus)
        want.would = table.read("would", block.array).map(Set.init)
        if table.all.isEmpty {
            table.findings.report(table.position, "\"want\" is empty: the test cannot fail")
        }
        return want
    }
}

extension TOMLForm<TOMLTableReader?> {
    static func members(_ path: String, _ findings: Findings) -> TOMLForm {
        TOMLForm("a table") { node, findings in
            .some(TOMLTableReader(node, path: path, findings: findings))
        }
    }
}

extension Facts {
    /// The facts of a message that is ordinary but for `given`, in the words of a test; `file` of
    /// the findings says where they were given. Nil after a report of what is wrong.
    package static func given(
        _ given: [(key: String, value: TOMLNode.Content)], over message: Facts? = nil,
        _ findings: Findings
    ) -> Facts? {
        let members = given.map {
            TOMLMember(
                key: $0.key, keyPosition: .start, value: TOMLNode($0.value, at: .start))
        }
        let before = findings.count
        guard
            var table = TOMLTableReader(
                TOMLNode(.table(members), at: .start), path: "given", findings: findings)
        else { return nil }
        let facts = GivenFacts.read(&table, over: message)
        table.finish()
        return findings.count == before ? facts : nil
    }
}

/// Reads the facts that `given` changes in an ordinary message.
enum GivenFacts {
    /// - Parameter message: What is changed instead of an ordinary message; then `on` may be left
    ///   out.
    static func read(_ table: inout TOMLTableReader, over message: Facts? = nil) -> Facts? {
        let occasion =
            message == nil ? table.require("on", .occasion) : table.read("on", .occasion)
        let peer = table.read("peer", .peerHost)
        var facts =
            message
            ?? Facts.ordinary(
                occasion ?? Occasion(.share, .inbound), peer: peer ?? PeerHost("peer.example"),
                isChange: table.has("notification_type"))
        if let occasion { facts.occasion = occasion }
        if let peer { facts.peer = peer }
        if let now = table.read("now", .instant) { facts.now = now.start }
        if let signature = table.read("signature", TOMLForm<SignatureFact>.word("signature")) {
            facts.signature = signature
        }
        for fact in PlainFact.allCases {
            if let isThere = table.read(fact.rawValue, .boolean) { facts.set(fact, to: isThere) }
        }
        if let software = table.read("software", .line) { facts.software = software.lowercased() }
        if let address = table.read("address", .networkAddress) { facts.address = address }
        share(&table, &facts, over: message)
        let absent = TOMLForm<AbsentFact>.word("fact").oneOrMore
        for fact in table.read("absent", absent) ?? [] {
            if table.has(fact.rawValue) {
                table.findings.report(
                    table.place(of: "absent"), "\"\(fact.rawValue)\" is given and absent",
                    remedy: "leave one of the two")
            }
            fact.clear(in: &facts)
        }
        return occasion == nil && message == nil ? nil : facts
    }

    private static func share(
        _ table: inout TOMLTableReader, _ facts: inout Facts, over message: Facts?
    ) {
        // Peers may say other words than ours; what is nearly one of ours is a slip of the pen.
        let types = TOMLForm<String>.near(ConditionWords.shareTypes, "share type")
        if let word = table.read("share_type", types) { facts.shareType = word }
        let resources = TOMLForm<String>.near(ConditionWords.resourceTypes, "resource type")
        if let word = table.read("resource_type", resources) { facts.resourceType = word }
        let protocols = TOMLForm<String>.near(ConditionWords.protocols, "protocol")
        if let words = table.read("protocol", protocols.oneOrMore) { facts.protocols = words }
        if let words = table.read(
            "permissions", TOMLForm<String>.known(Permissions.order, "permission").oneOrMore)
        {
            facts.permissions = Permissions(words: words)
        }
        if let words = table.read("access_types", TOMLForm<String>.line.oneOrMore) {
            facts.accessTypes = words
        }
        if let size = table.read("size", .byteCount) { facts.size = size.bytes }
        if let owner = table.read("owner", .address) {
            facts.owner = owner
            // Who owns a share sends it, in an ordinary message that has a sender at all.
            if message == nil, facts.sender != nil { facts.sender = owner }
        }
        if let sender = table.read("sender", .address) { facts.sender = sender }
        if let recipient = table.read("recipient", .address) { facts.recipient = recipient }
        if let word = table.read("notification_type", TOMLForm<String>.line) {
            facts.notificationType = word
        }
    }
}

extension TOMLForm<Occasion> {
    static let occasion = TOMLForm("one kind of message like \"share.in\"") { node, findings in
        guard let word = TOMLForm<String>.string.read(node, findings) else { return nil }
        if let occasion = Occasion(word) { return occasion }
        let known = Occasion.all.map(\.description)
        findings.report(
            node.position, "\(quoted(word)) is not one kind of message like \"share.in\"",
            remedy: remedy(for: word, among: known))
        return nil
    }
}

extension TOMLForm<PeerHost> {
    package static let peerHost = TOMLForm.text("a host like \"cloud.example\"") { PeerHost($0) }
}

extension TOMLForm<NetworkAddress> {
    static let networkAddress = TOMLForm.text("an IP address") { NetworkAddress($0) }
}

extension TOMLForm<String> {
    /// An OCM address; the canonical form.
    static let address = TOMLForm.text("an address like \"alice@cloud.example\"") {
        OCMAddress($0)?.canonical
    }
}
