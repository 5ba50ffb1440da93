/// Reads `[[invariant]]`: `given` and `never`.
struct PolicyInvariantReader {
    let file: String
    let names: PolicyNames

    func read(_ table: inout TOMLTableReader) -> Invariant? {
        let findings = table.findings
        let before = findings.count
        let name = table.require("name", .line)
        let given = table.require("given", .members("given", findings)).flatMap { $0 }
        let never = table.require("never", TOMLForm<Verdict.Action>.word("action"))
        table.finish()
        guard let name, let never, var given else { return nil }
        let messages = self.messages(&given)
        given.finish()
        guard findings.count == before else { return nil }
        return Invariant(
            name: name, file: file, position: table.position, given: messages, never: never)
    }

    private func messages(_ given: inout TOMLTableReader) -> MessageClass {
        let findings = given.findings
        let blocks = PolicyBlockReader(names: names, findings: findings)
        var messages = MessageClass()
        if let occasions = given.read("on", .occasions) { messages.occasions = occasions }
        messages.standing = given.read("standing", .word("standing"))
        messages.peers = blocks.selector("peer", &given)
        messages.excepted = blocks.selector("peer_not", &given)
        let signatures = TOMLForm<SignatureFact>.word("signature").oneOrMore
        messages.signatures = given.read("signature", signatures) ?? []
        for fact in PlainFact.allCases {
            messages.plainFacts[fact] = given.read(fact.rawValue, .boolean)
        }
        messages.conditions = ConditionReader.read(from: &given)
        return messages
    }
}
